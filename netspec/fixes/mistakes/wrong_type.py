"""A value of the wrong type that means the right one: `"3"`, `8.0`, `no`, `none`, `(3, 3)`, `/` for `//`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil, floor
from typing import ClassVar

from netspec.diagnostics import Code, facts, near_miss
from netspec.diagnostics.slips import is_slip
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.describe import ENTRIES
from netspec.shape import channels_first

WORDS = {
    **dict.fromkeys(("yes", "on", "True", "TRUE", "y"), "true"),
    **dict.fromkeys(("no", "off", "False", "FALSE", "n", "none", "None"), "false"),
}
"""What other languages and older YAML call true and false."""
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SAME = {"sum": "add", "plus": "add", "cat": "concat", "concatenate": "concat", "stack": "concat", "mul": "multiply"}


class WrongType(Mistake):
    """A value written as another type."""

    codes: ClassVar = frozenset({Code.WRONG_TYPE, Code.BAD_REPEAT})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """What the value means, in the type that is expected."""
        written, fact = case.written, case.diagnostic.fact
        if not isinstance(fact, facts.WrongType):
            return
        for value, certain in self.meant(written.strip("\"'"), fact):
            if value != written:
                yield Proposal(f"`{value}` instead of `{written}`", case.at_span(value), certain=certain)
        names = case.text.at(case.path)
        if case.path == ("outputs",) and isinstance(names, list) and all(isinstance(name, str) for name in names):
            pairs = ", ".join(f"{name}: {name}" for name in names)
            yield Proposal("each output with its name", case.at_span(f"{{{pairs}}}"), certain=True)
        if ENTRIES in fact.wanted:
            yield Proposal("brackets make a list", case.at_span(f"[{written.rstrip()}]"), certain=True)

    def meant(self, bare: str, wrong: facts.WrongType) -> Iterator[tuple[str, bool]]:
        """Values that may have been meant, each with whether nothing else can have been."""
        number = wrong.takes("integer", "number")
        if wrong.takes("shape") and re.fullmatch(r"[0-9]+(\s*[x,*]\s*[0-9]+)+", bare):
            shape = [int(size) for size in re.findall("[0-9]+", bare)]
            yield str(channels_first(shape) or shape), True
        if number and re.fullmatch(r"[0-9]+(\.0+)?", bare):
            yield bare.partition(".")[0], True
        elif number and bare in NUMBERS:
            yield str(NUMBERS.index(bare)), True
        elif number and re.fullmatch(r"[0-9]+(\s*[x,*]\s*[0-9]+)+", bare) and wrong.takes("list", "pair"):
            yield f"[{', '.join(re.findall('[0-9]+', bare))}]", True
        if bare.startswith("$(") and wrong.takes("integer") and re.search(r"[^/]/[^/]", bare):
            yield re.sub(r"(?<!/)/(?!/)", "//", bare), False  # 7 / 2 is no 3
        if wrong.takes("boolean") and bare in WORDS:
            yield WORDS[bare], bare.lower() != "none"
        if wrong.takes("null") and bare.lower() in ("none", "nil", "nothing"):
            yield "null", True
        choices = wrong.choices
        if _SAME.get(bare) in choices:
            yield _SAME[bare], bare != "stack"
        elif near := near_miss(bare, choices):
            yield near, is_slip(bare, near, choices)


class OutOfRange(Mistake):
    """A number beside its range."""

    codes: ClassVar = frozenset({Code.BAD_OPTION})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The nearest number that is allowed."""
        bound = case.diagnostic.fact
        if not isinstance(bound, facts.OutOfRange) or not re.fullmatch(r"-?[0-9]+", case.written):
            return
        number = nearest = int(case.written)
        if (least := bound.least if bound.above is None else bound.above + 1) is not None:
            nearest = max(nearest, ceil(least))
        if (most := bound.most if bound.below is None else bound.below - 1) is not None:
            nearest = min(nearest, floor(most))
        if nearest != number:
            yield Proposal(f"`{nearest}` instead of `{number}`", case.at_span(str(nearest)))

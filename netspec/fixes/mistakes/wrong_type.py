"""A value of the wrong type that means the right one: `"3"`, `8.0`, `no`, `none`, `(3, 3)`, `/` for `//`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, near_miss
from netspec.diagnostics.slips import is_slip
from netspec.fixes.base import Case, Mistake, Proposal
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
        written, expected = case.written, case.diagnostic.expected or ""
        bare = written.strip("\"'")
        for value, certain in self.meant(bare, expected):
            if value != written:
                yield Proposal(f"`{value}` instead of `{written}`", case.at_span(value), certain=certain)
        names = case.text.at(case.path)
        if case.path == ("outputs",) and isinstance(names, list) and all(isinstance(name, str) for name in names):
            pairs = ", ".join(f"{name}: {name}" for name in names)
            yield Proposal("each output with its name", case.at_span(f"{{{pairs}}}"), certain=True)
        if case.diagnostic.message.startswith("a list of entries"):
            yield Proposal("brackets make a list", case.at_span(f"[{written.rstrip()}]"), certain=True)

    def meant(self, bare: str, expected: str) -> Iterator[tuple[str, bool]]:
        """Values that may have been meant, each with whether nothing else can have been."""
        number = "integer" in expected or "number" in expected
        if "shape" in expected and re.fullmatch(r"[0-9]+(\s*[x,*]\s*[0-9]+)+", bare):
            shape = [int(size) for size in re.findall("[0-9]+", bare)]
            yield str(channels_first(shape) or shape), True
        if number and re.fullmatch(r"[0-9]+(\.0+)?", bare):
            yield bare.partition(".")[0], True
        elif number and bare in NUMBERS:
            yield str(NUMBERS.index(bare)), True
        elif number and re.fullmatch(r"[0-9]+(\s*[x,*]\s*[0-9]+)+", bare) and "list" in expected:
            yield f"[{', '.join(re.findall('[0-9]+', bare))}]", True
        if bare.startswith("$(") and "integer" in expected and re.search(r"[^/]/[^/]", bare):
            yield re.sub(r"(?<!/)/(?!/)", "//", bare), False  # 7 / 2 is no 3
        if "true or false" in expected and bare in WORDS:
            yield WORDS[bare], bare.lower() != "none"
        if "null" in expected and bare.lower() in ("none", "nil", "nothing"):
            yield "null", True
        choices = re.findall("`([^`]+)`", expected)
        if _SAME.get(bare) in choices:
            yield _SAME[bare], bare != "stack"
        elif near := near_miss(bare, choices):
            yield near, is_slip(bare, near, choices)


class OutOfRange(Mistake):
    """A number beside its range."""

    codes: ClassVar = frozenset({Code.BAD_OPTION})
    _BOUND = re.compile(r"(at least|at most|greater than|less than) (-?[0-9]+)$|^()(-?[0-9]+) or more")

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The nearest number that is allowed."""
        bound = self._BOUND.match(case.diagnostic.expected or "")
        if bound is None or not re.fullmatch(r"-?[0-9]+", case.written):
            return
        value = int(bound[2] or bound[4]) + {"greater than": 1, "less than": -1}.get(bound[1], 0)
        yield Proposal(f"`{value}` instead of `{case.written}`", case.at_span(str(value)))

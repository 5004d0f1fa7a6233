"""A value of the training recipe of the wrong type, or beside its range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import ClassVar

from netspec.diagnostics import Code, Edit, near_miss
from netspec.diagnostics.slips import is_slip
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.fixes.mistakes.wrong_type import NUMBERS, WORDS
from netspec.frontend.source import scalar

_QUOTED = re.compile("`([^`]+)`")
_BOUND = re.compile(r"a number (above|of at least|below|of at most) (\S+)$")
_PRECISIONS = {
    **dict.fromkeys(("bf16", "bfloat", "bf16-mixed"), "bfloat16"),
    **dict.fromkeys(("fp16", "half", "16", "16-mixed"), "float16"),
    **dict.fromkeys(("fp32", "float", "single", "full", "32", "32-true"), "float32"),
}
"""What other tools call the precisions."""


def _number(text: str) -> int | float | None:
    """The number that a text is in YAML; None where it is none."""
    try:
        value = scalar(text)
    except ValueError:
        return None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


class RecipeType(Mistake):
    """A value written as another type: `"2e-3"`, `128.0`, `yes`, `bf16`, one part where a list is due."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """What the value means, in the type that is expected."""
        written, expected = case.written.rstrip(), case.diagnostic.expected or ""
        if not case.diagnostic.found or not written:
            return
        for value, certain in self.meant(written.strip("\"'"), expected):
            if value != written:
                yield Proposal(f"`{value}` instead of `{written}`", case.at_span(value), certain=certain)
        one_line = "\n" not in written
        if expected == "a list":
            yield from self.listed(case, written)
        if expected.startswith("a mapping of ") and one_line:
            for name in _QUOTED.findall(expected):
                yield Proposal(f"`{{{name}: {written}}}`", case.at_span(f"{{{name}: {written}}}"))

    def listed(self, case: Case, written: str) -> Iterator[Proposal]:
        """One part as a list of it; of a mapping over several lines, each line as a part of its own too."""
        text = case.text
        if not text.is_block(case.path):
            if "\n" not in written:
                yield Proposal("brackets make a list", case.at_span(f"[{written}]"), certain=True)
            return
        start, end = text.value(case.path)
        line = text.line_of(start)[0]
        indent = text.text[line:start]
        first, *others = text.text[start:end].split(text.newline)
        if indent.strip():
            return
        one = text.newline.join([f"- {first}", *(f"  {each}" for each in others)])
        yield Proposal("a dash makes a list", (Edit(start, end, one),), certain=True)
        own = re.compile(rf"{indent}(?=\S)")
        each = text.newline.join(
            own.sub(f"{indent}- ", other) if own.match(other) else f"  {other}" for other in others
        )
        if others:
            yield Proposal("dashes make a list", (Edit(start, end, f"- {first}{text.newline}{each}"),), 1, certain=True)

    def meant(self, bare: str, expected: str) -> Iterator[tuple[str, bool]]:
        """Values that may have been meant, each with whether nothing else can have been."""
        number = _number(bare)
        if expected == "a whole number":
            if number is not None and isfinite(number) and number == int(number):
                yield str(int(number)), True
            elif bare in NUMBERS:
                yield str(NUMBERS.index(bare)), True
        elif expected == "a number" and number is not None:
            yield bare, True
        elif expected == "`true` or `false`":
            if bare in WORDS or number in (0, 1):
                yield WORDS.get(bare) or ("true" if number else "false"), bare in WORDS
        elif expected.startswith("one of "):
            choices = _QUOTED.findall(expected)
            known = _PRECISIONS.get(bare.lower().removeprefix("torch."))
            if known and known in choices:
                yield known, True
            elif near := near_miss(bare, choices):
                yield near, is_slip(bare, near, choices)


class RecipeRange(Mistake):
    """A number beside its range. What was meant is a guess."""

    codes: ClassVar = frozenset({Code.BAD_RECIPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Without its minus; a share for a percentage; the bound, where it is allowed."""
        written = case.written.strip()
        bound, number = _BOUND.match(case.diagnostic.expected or ""), _number(written)
        if bound is None or number is None:
            return
        which, limit = bound[1], bound[2]
        values = []
        if number < 0 and which in ("above", "of at least"):
            values.append(written.removeprefix("-"))
        if which in ("below", "of at most") and limit == "1" and 1 < number <= 100:
            values.append(f"{number / 100:g}")
        if which.startswith("of at "):
            values.append(limit)
        elif which == "above" and limit == "0" and isinstance(number, int):
            values.append("1")
        for rank, value in enumerate(values):
            yield Proposal(f"`{value}` instead of `{written}`", case.at_span(value), rank)

"""Values of the wrong type with a clear meaning: `"3"`, `8.0`, `no`, `none`, `(3, 3)`, `/` for `//`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite

from netspec.diagnostics import Code, facts, near_miss
from netspec.diagnostics.nearmiss import is_slip
from netspec.fixes.base import Case, Proposal, mends
from netspec.fixes.text import numeral
from netspec.frontend.form_errors import ENTRIES
from netspec.frontend.scalars import scalar
from netspec.shape import channels_first

WORDS = {
    **dict.fromkeys(("yes", "on", "True", "TRUE", "y"), "true"),
    **dict.fromkeys(("no", "off", "False", "FALSE", "n", "none", "None"), "false"),
}
"""Words of other languages and of older YAML for true and false."""
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SAME = {
    "sum": "add",
    "plus": "add",
    "cat": "concat",
    "concatenate": "concat",
    "stack": "concat",
    "mul": "multiply",
    **dict.fromkeys(("bf16", "bfloat", "bf16-mixed"), "bfloat16"),
    **dict.fromkeys(("fp16", "half", "16", "16-mixed"), "float16"),
    **dict.fromkeys(("fp32", "float", "single", "full", "32", "32-true"), "float32"),
}
"""Words of other tools for ways to merge and for precisions."""


def _number(text: str) -> int | float | None:
    """The number that a text is in YAML; None where it is none."""
    try:
        value = scalar(text)
    except ValueError:
        return None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


@mends(Code.WRONG_TYPE, Code.BAD_REPEAT)
def wrong_type(case: Case) -> Iterator[Proposal]:
    """The value's meaning, in the expected type."""
    written, fact = case.written, case.diagnostic.fact
    if not isinstance(fact, facts.WrongType):
        return
    for value, certain in _meanings(written.strip("\"'"), fact):
        yield Proposal(f"`{value}` instead of `{written}`", case.at_span(value), certain=certain)
    names = case.text.at(case.path)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        names = []
    if case.path[-1:] == ("sum",) and len(names) > 1:
        yield Proposal("`add` instead of `sum`", case.text.rename(case.path, "add"), certain=True)
    if case.path == ("outputs",) and names:
        pairs = ", ".join(f"{name}: {name}" for name in names)
        yield Proposal("each output with its name", case.at_span(f"{{{pairs}}}"), certain=True)
    if ENTRIES in fact.wanted:
        yield Proposal("brackets make a list", case.at_span(f"[{written.rstrip()}]"), certain=True)
    elif fact.wanted == (facts.Kind("list"),):
        yield from _listed(case, written.rstrip())
    for kind in (each for each in fact.wanted if each.type == "mapping" and "\n" not in written):
        for name in kind.of:
            yield Proposal(f"`{{{name.word}: {written}}}`", case.at_span(f"{{{name.word}: {written}}}"))


def _listed(case: Case, written: str) -> Iterator[Proposal]:
    """One value as a list of it; for a mapping over several lines, also each line as a value of its own."""
    text = case.text
    if not text.is_block(case.path):
        if "\n" not in written:
            yield Proposal("brackets make a list", case.at_span(f"[{written}]"), certain=True)
        return
    start = text.value(case.path)[0]
    indent = text.text[text.line_of(start)[0] : start]
    first, *others = text.raw(case.path).split(text.newline)
    if indent.strip():
        return
    one = text.newline.join([f"- {first}", *(f"  {each}" for each in others)])
    yield Proposal("a dash makes a list", text.write(case.path, one), certain=True)
    own = re.compile(rf"{indent}(?=\S)")
    dashed = [own.sub(f"{indent}- ", other) if own.match(other) else f"  {other}" for other in others]
    if others:
        each = text.write(case.path, text.newline.join([f"- {first}", *dashed]))
        yield Proposal("dashes make a list", each, 1, certain=True)


def _meanings(bare: str, wrong: facts.WrongType) -> Iterator[tuple[str, bool]]:
    """Possible meanings of a text, each with whether it is the only one."""
    number = wrong.takes("integer", "number")
    if wrong.takes("shape") and re.fullmatch(r"[0-9]+(\s*[x,*]\s*[0-9]+)+", bare):
        shape = [int(size) for size in re.findall("[0-9]+", bare)]
        yield str(channels_first(shape) or shape), True
    value = _number(bare) if number else None
    if value is not None and wrong.takes("number"):
        yield bare, True
    elif value is not None and isfinite(value) and value == int(value):
        yield str(int(value)), True
    elif number and bare in NUMBERS:
        yield str(NUMBERS.index(bare)), True
    elif number and re.fullmatch(r"[0-9]+(\s*[x,*]\s*[0-9]+)+", bare) and wrong.takes("list", "pair"):
        yield f"[{', '.join(re.findall('[0-9]+', bare))}]", True
    if bare.startswith("$(") and wrong.takes("integer") and re.search(r"[^/]/[^/]", bare):
        yield re.sub(r"(?<!/)/(?!/)", "//", bare), False  # 7 / 2 is not 3
    if wrong.takes("boolean") and bare in WORDS:
        yield WORDS[bare], bare.lower() != "none"
    elif wrong.takes("boolean") and bare in ("0", "1"):
        yield "true" if bare == "1" else "false", False
    if wrong.takes("null") and bare.lower() in ("none", "nil", "nothing"):
        yield "null", True
    choices = wrong.choices
    if (same := _SAME.get(bare.lower().removeprefix("torch."))) in choices and same is not None:
        yield same, bare != "stack"
    elif near := near_miss(bare, choices):
        yield near, is_slip(bare, near, choices)


@mends(Code.BAD_OPTION)
def out_of_range(case: Case) -> Iterator[Proposal]:
    """A number without its minus; a share for a percentage; the nearest allowed number. The intended one is a guess."""
    written, bound = case.written.strip(), case.diagnostic.fact
    number = _number(written)
    if not isinstance(bound, facts.OutOfRange) or number is None or case.path[:1] in (("input",), ("inputs",)):
        return  # for an input, one size is as likely as another
    values = []
    if number < 0 and (bound.least is not None or bound.above is not None):
        values.append(written.removeprefix("-"))
    if 1 in (bound.most, bound.below) and 1 < number <= 100:
        values.append(numeral(number / 100))
    elif (nearest := _nearest(number, bound)) != number:
        values.append(numeral(nearest))
    for rank, value in enumerate(dict.fromkeys(values)):
        yield Proposal(f"`{value}` instead of `{written}`", case.at_span(value), rank)


def _nearest(number: float, bound: facts.OutOfRange) -> float:
    """The nearest number in a range; itself where there is none, as beside an exclusive bound of fractions."""
    whole = isinstance(number, int)
    if bound.least is not None:
        number = max(number, bound.least)
    elif bound.above is not None and whole:
        number = max(number, bound.above + 1)
    if bound.most is not None:
        return min(number, bound.most)
    return min(number, bound.below - 1) if bound.below is not None and whole else number

"""Explanations as Markdown, formulas in LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis.explanation import Explanation
from netspec.layers.base import Formula
from netspec.report.explanation import NAMES, axis_names, field_sentence, shown, title
from netspec.report.numbers import count
from netspec.shape import spell


def explanation_markdown(network: str, found: Sequence[Explanation], *, ways: bool) -> str:
    """A section for each layer; `ways` tells also how each shape came about."""
    lines = [f"# {network}"]
    for each in found:
        lines += ["", f"## {title(each)}", "", *_section(each, ways)]
    return "\n".join(lines) + "\n"


def _section(found: Explanation, ways: bool) -> Iterator[str]:
    if ways:
        yield "| Layer | Operation | Shape |"
        yield "| --- | --- | --- |"
        for step in found.way:
            yield f"| `{step.key}` | {step.op} | {spell(step.shape)} |"
        yield ""
    for formula in found.sizes:
        yield _item(formula.name, _math(formula), formula.note)
    for figure in filter(shown, found.figures):
        text = _math(figure.formula) if figure.formula else count(figure.value)
        yield _item(NAMES[figure.name], text, figure.note)
    for group, name in axis_names(found.fields).items():
        field = found.fields[group[0]]
        along = f" ({name})" if len(found.fields) > len(group) else ""
        if not field.formulas:
            yield f"- receptive field{along}: {field_sentence(field)}"
        for formula in field.formulas:
            yield _item(f"receptive field{along}, {formula.name}", _math(formula), None)


def _item(name: str, text: str, note: str | None) -> str:
    return f"- {name}: {text}" + (f" ({note})" if note else "")


def _math(formula: Formula) -> str:
    return f"${formula.latex}$"

"""Explanations as text, and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from netspec.analysis.explanation import Explanation, Field, Figure, Step
from netspec.layers.base import Formula
from netspec.layers.checks import AXIS_NAMES
from netspec.report.numbers import count
from netspec.shape import spell

NAMES = {"params": "parameters", "macs": "MACs", "connections": "connections", "bytes": "bytes of the output"}
"""Figures in the words of the tables."""


def explanation_text(found: Sequence[Explanation], *, ways: bool) -> str:
    """A paragraph for each layer; `ways` tells also how each shape came about."""
    return "\n".join("".join(f"{line}\n" for line in _lines(each, ways)) for each in found)


def explanation_json(network: str, found: Sequence[Explanation]) -> str:
    """The same as data."""
    return json.dumps({"name": network, "layers": [explanation_record(each) for each in found]}, indent=1) + "\n"


def explanation_record(found: Explanation) -> dict[str, Any]:
    """One layer. Formulas have their symbols, the numbers put in, LaTeX and the value; None is unknown."""
    node = found.node
    return {
        "path": node.path,
        "key": node.key,
        "op": node.layer.op,
        "type": node.layer.type_name(node.input_shapes),
        "input_shapes": [list(shape) for shape in node.input_shapes],
        "output_shapes": [list(shape) for shape in node.output_shapes],
        "way": [{"key": step.key, "op": step.op, "shape": list(step.shape)} for step in found.way],
        "sizes": [_formula_record(formula) for formula in found.sizes],
        "figures": {figure.name: _figure_record(figure) for figure in found.figures},
        "receptive_field": [_field_record(field) for field in found.fields],
        "line": node.span.line if node.span else None,
    }


def title(found: Explanation) -> str:
    """``conv1 (Conv2d): [1, 28, 28] -> [6, 28, 28]``."""
    node = found.node
    given, made = (", ".join(map(spell, shapes)) for shapes in (node.input_shapes, node.output_shapes))
    return f"{node.key} ({node.layer.type_name(node.input_shapes)}): {f'{given} -> ' if given else ''}{made}"


def axis_names(fields: Sequence[Field]) -> dict[tuple[int, ...], str]:
    """Axes of the network's input whose fields are equal, and what they are called together."""
    names = AXIS_NAMES.get(len(fields), tuple(f"axis {at + 1}" for at in range(len(fields))))
    groups: list[tuple[Any, list[int]]] = []
    for at, field in enumerate(fields):
        seen = (field.extent, field.size, field.stride, field.start, field.formulas)
        alike = next((axes for other, axes in groups if other == seen), None)
        if alike:
            alike.append(at)
        else:
            groups.append((seen, [at]))
    return {tuple(axes): ", ".join(names[at] for at in axes) for _, axes in groups}


def field_sentence(field: Field) -> str:
    """What there is to say of a field without formulas."""
    if field.extent != "window":
        return {"global": "the whole input", "unknown": "unknown"}[field.extent]
    start = "the first sees nothing" if field.start is None else f"start {field.start}"
    return f"size {field.size}, stride {field.stride}, {start}"


def _lines(found: Explanation, ways: bool) -> Iterator[str]:
    yield title(found)
    if ways:
        yield from _way_lines(found.way)
    rows = [*((formula.name, _equation(formula), formula.note) for formula in found.sizes)]
    rows += [(NAMES[f.name], _figure_text(f), f.note if f.formula else None) for f in found.figures if shown(f)]
    width = max((len(name) for name, _, _ in rows), default=0) + 2
    for name, text, note in rows:
        yield f"  {name:<{width}}{text}" + (f"  ({note})" if note else "")
    for group, name in axis_names(found.fields).items():
        field = found.fields[group[0]]
        along = f" ({name})" if len(found.fields) > len(group) else ""
        if not field.formulas:
            yield f"  receptive field{along}: {field_sentence(field)}"
            continue
        yield f"  receptive field{along}"
        for formula in field.formulas:
            yield f"    {formula.name:<{width - 2}}{_equation(formula)}"


def shown(figure: Figure) -> bool:
    """Whether a figure is worth a line: not where a layer has none."""
    return figure.value != 0 or figure.note is not None


def _way_lines(way: tuple[Step, ...]) -> Iterator[str]:
    name = max(len(step.key) for step in way)
    kinds = ["" if step.op == "input" else step.op for step in way]
    for step, kind in zip(way, kinds, strict=True):
        yield f"  {step.key:<{name}}  {kind:<{max(map(len, kinds))}}  {spell(step.shape)}"


def _equation(formula: Formula) -> str:
    """``floor((H + 2*p - k)/s) + 1 = floor((28 + 2*2 - 5)/1) + 1 = 28``."""
    symbols, numbers, value = formula.symbols, formula.numbers, formula.value
    parts = [symbols] if symbols else []
    parts += [numbers] if formula.is_arithmetic and numbers != str(value) else []
    return " = ".join([*parts, count(value)])


def _figure_text(figure: Figure) -> str:
    if figure.formula is None:
        return f"{count(figure.value)}{f': {figure.note}' if figure.note else ''}"
    return _equation(figure.formula)


def _formula_record(formula: Formula) -> dict[str, Any]:
    return {
        "name": formula.name,
        "symbols": formula.symbols,
        "numbers": formula.numbers,
        "latex": formula.latex,
        "value": formula.value,
        "note": formula.note,
    }


def _figure_record(figure: Figure) -> dict[str, Any]:
    record = _formula_record(figure.formula) if figure.formula else {"name": figure.name}
    return {**record, "value": figure.value, "note": figure.note}


def _field_record(field: Field) -> dict[str, Any]:
    stride = float(field.stride) if isinstance(field.stride, Fraction) else field.stride
    formulas = [_formula_record(formula) for formula in field.formulas]
    return {
        "sees": field.extent,
        "size": field.size,
        "stride": stride,
        "start": field.start,
        "formulas": formulas,
    }

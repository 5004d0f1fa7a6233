"""The arithmetic behind the figures of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from netspec.analysis.explanation import Explanation, Field, Figure, PathLayer
from netspec.layers.checks import AXIS_NAMES
from netspec.layers.formula import Formula
from netspec.report import document as doc
from netspec.report.numbers import count
from netspec.report.records import picked
from netspec.report.sheet import Sheet
from netspec.shape import spell

_NAMES = {"params": "parameters", "macs": "MACs", "connections": "connections", "bytes": "bytes of the output"}
"""Figures in the words of the tables."""


def explanation(network: str, found: Sequence[Explanation], *, ways: bool) -> doc.Document:
    """A section for each layer; `ways` also gives the way to each shape."""

    def parts() -> Iterator[doc.Part]:
        for index, each in enumerate(found):
            yield from [doc.Gap()] if index else []
            yield doc.Section(_title(each))
            if ways:
                yield doc.Listing(doc.columns(("Layer", "Operation", "Shape")), [_step(step) for step in each.way])
            yield doc.Definitions(list(entries(each)))

    return doc.Document(
        title=network,
        parts=parts,
        data=lambda: {"name": network, "layers": [_record(each) for each in found]},
        sheet=lambda: Sheet(("layer", "quantity", "formula", "value"), (row for each in found for row in _rows(each))),
        long=True,
    )


def _step(step: PathLayer) -> doc.Row:
    return doc.Row((doc.Verbatim(step.key), "" if step.op == "input" else step.op, spell(step.shape)))


def entries(found: Explanation) -> Iterator[doc.Entry]:
    """The figures of a layer with their arithmetic, and what it sees of the input."""
    for formula in found.sizes:
        yield doc.Entry(formula.name, _math(formula))
    for figure in found.figures:
        if figure.value != 0 or figure.note is not None:  # not for layers that have none
            text = _math(figure.formula) if figure.formula else count(figure.value)
            yield doc.Entry(_NAMES[figure.name], text, figure.note)
    yield from _loop(found)
    if (given := found.node.layer.in_evaluation) is not None:
        yield doc.Entry("in evaluation", given)
    for axes, name in _axis_names(found).items():
        field = found.fields[axes[0]]
        group = f"receptive field ({name})" if len(found.fields) > len(axes) else "receptive field"
        if not field.formulas:
            yield doc.Entry("", _field_sentence(field), group=group)
        for formula in field.formulas:
            yield doc.Entry(formula.name, _math(formula), group=group)


def _loop(found: Explanation) -> Iterator[doc.Entry]:
    """Of the call that takes a scan's steps: their number, and what each hands on to the next."""
    scan = found.graph.scans.get(found.node.key)
    if scan is None:
        return
    yield doc.Entry("steps", f"{count(found.node.input_shapes[0][scan.axis])}, over axis {scan.axis}")
    for before, after in scan.carried:
        yield doc.Entry("carried", f"{before.key} into the first step, {after.key} into each next one")


def _math(formula: Formula) -> doc.Math:
    """``floor((H + 2*p - k)/s) + 1 = floor((28 + 2*2 - 5)/1) + 1 = 28``."""
    symbols, numbers, value = formula.symbols, formula.numbers, formula.value
    return doc.Math(" = ".join([each for each in (symbols, numbers, count(value)) if each]), lambda: formula.latex)


def _rows(found: Explanation) -> Iterator[tuple[str, str, str, int | None]]:
    """Every figure with its formula, as values."""
    for formula in found.sizes:
        yield found.node.key, formula.name, formula.symbols or "", formula.value
    for figure in found.figures:
        yield found.node.key, _NAMES[figure.name], figure.formula.symbols or "" if figure.formula else "", figure.value


def _record(found: Explanation) -> dict[str, Any]:
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
        "in_evaluation": node.layer.in_evaluation,
        "line": node.span.line if node.span else None,
    }


def _title(found: Explanation) -> str:
    """``conv1 (Conv2d): [1, 28, 28] -> [6, 28, 28]``."""
    node = found.node
    given, made = (", ".join(map(spell, shapes)) for shapes in (node.input_shapes, node.output_shapes))
    return f"{node.key} ({node.layer.type_name(node.input_shapes)}): {f'{given} -> ' if given else ''}{made}"


def _axis_names(found: Explanation) -> dict[tuple[int, ...], str]:
    """The common name of those axes of the network's input whose fields are equal, by their positions.

    Axes after the first have names where the first is that of the channels: not where a layer that takes the input has
    its features last.
    """
    fields, graph = found.fields, found.graph
    names = tuple(f"axis {at + 1}" for at in range(len(fields)))
    if not any(
        node.layer.ranks.features_last for node in graph.nodes.values() for v in node.inputs if v.key in graph.inputs
    ):
        names = AXIS_NAMES.get(len(fields), names)
    groups: list[tuple[Any, list[int]]] = []
    for at, field in enumerate(fields):
        seen = (field.extent, field.size, field.stride, field.start, field.formulas)
        alike = next((axes for other, axes in groups if other == seen), None)
        if alike:
            alike.append(at)
        else:
            groups.append((seen, [at]))
    return {tuple(axes): ", ".join(names[at] for at in axes) for _, axes in groups}


def _field_sentence(field: Field) -> str:
    """A sentence on a field without formulas."""
    if field.extent != "window":
        return {"global": "the whole input", "unknown": "unknown"}[field.extent]
    start = "the first sees nothing" if field.start is None else f"start {field.start}"
    return f"size {field.size}, stride {field.stride}, {start}"


def _formula_record(formula: Formula) -> dict[str, Any]:
    return picked(formula, "name", "symbols", "numbers", "latex", "value")


def _figure_record(figure: Figure) -> dict[str, Any]:
    return {**(_formula_record(figure.formula) if figure.formula else {}), **picked(figure, "name", "value", "note")}


def _field_record(field: Field) -> dict[str, Any]:
    stride = float(field.stride) if isinstance(field.stride, Fraction) else field.stride
    formulas = [_formula_record(formula) for formula in field.formulas]
    return {"sees": field.extent, "size": field.size, "stride": stride, "start": field.start, "formulas": formulas}

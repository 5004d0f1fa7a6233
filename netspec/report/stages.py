"""The layers of networks beside each other, a column each, stage by stage: table 1 of VGG's paper and of ResNet's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import Any

from netspec.analysis import Analysis
from netspec.diagnostics import as_dicts
from netspec.graph import Node
from netspec.report.compare import Entrant, label
from netspec.report.document import Column, Document, Notes, Part, Row, Table
from netspec.report.numbers import count
from netspec.report.papers import configured, is_listed
from netspec.report.repeats import repeats
from netspec.report.sheet import Sheet
from netspec.shape import times

VECTORS = "vectors"
"""The name of the stage behind the maps."""

Stage = tuple[str, list[str]]
"""The size of its maps, ``56x56`` or `VECTORS`, and its layers."""

_NOTES = (
    "A stage has the layers whose maps have its size. conv3-64: a kernel of 3 along each axis, 64 maps; / s2 is a "
    "stride. Activations, batch normalisation and dropout are left out.",
)


def stages(entrants: Sequence[Entrant]) -> Document:
    """A column for each network. The errors of a spec take the place of its column."""
    found = [(label(each, entrants), each.subject.analysis) for each in entrants if each.subject]

    def parts() -> Iterator[Part]:
        if found:
            columns = [Column("Maps"), *(Column(name) for name, _ in found)]
            yield Table(columns, [Row([*map(_text, cells)]) for cells in _rows([analysis for _, analysis in found])])
            yield Notes(_NOTES)

    return Document(
        title="",
        parts=parts,
        data=lambda: [_record(each) for each in entrants],
        sheet=lambda: Sheet(["maps", *(name for name, _ in found)], _rows([analysis for _, analysis in found])),
        errors=lambda: [diagnostic for each in entrants for diagnostic in each.diagnostics],
    )


def _rows(found: Sequence[Analysis]) -> Iterator[list[str | int | None]]:
    """A row for each layer of a stage, then the weight layers and the parameters."""
    own = [stages_of(analysis) for analysis in found]
    places = _places([[size for size, _ in each] for each in own])
    for at, size in enumerate(places[0]):
        cells = [_lines(each[where[at]][1]) if at in where else [] for each, where in zip(own, places[1], strict=True)]
        for line, row in enumerate(zip_longest(*cells, fillvalue="")):
            yield ["" if line else size, *row]
    yield ["weight layers", *(analysis.depth.weight_layers for analysis in found)]
    yield ["params", *(analysis.weights.inference.params for analysis in found)]


def _text(cell: str | int | None) -> str:
    return cell if isinstance(cell, str) else count(cell)


def stages_of(analysis: Analysis) -> list[Stage]:
    """The layers that papers list, those of one size of maps together; side branches of training are left out."""
    nodes = [node for node in analysis.graph.nodes.values() if is_listed(node) and not node.training_only]
    return [(size, [configured(node) for node in group]) for size, group in groupby(nodes, _size)]


def _size(node: Node) -> str:
    return times(node.output_shapes[0][1:]) or VECTORS


def _lines(layers: Sequence[str]) -> list[str]:
    """A line for each layer; groups of several that follow each other are told once, in brackets."""
    lines: list[str] = []
    for at, size, many in repeats(layers):
        group = [*layers[at : at + size]]
        if size == 1:
            lines += group * many
            continue
        if many > 1:
            group[0], group[-1] = f"{many} x ({group[0]}", f"{group[-1]})"
        lines += group
    return lines


def _places(columns: Sequence[Sequence[str]]) -> tuple[list[str], list[dict[int, int]]]:
    """The sizes of all columns in one order, and for each column its stage by that order's row."""
    order: list[str] = []
    for column in columns:
        matcher = SequenceMatcher(None, order, column, autojunk=False)
        order = [
            size
            for kind, a, b, c, d in matcher.get_opcodes()
            for size in (order[a:b] if kind == "equal" else [*order[a:b], *column[c:d]])
        ]
    found = []
    for column in columns:
        matched = SequenceMatcher(None, order, column, autojunk=False).get_matching_blocks()
        found.append({block.a + at: block.b + at for block in matched for at in range(block.size)})
    return order, found


def _record(each: Entrant) -> dict[str, Any]:
    if each.subject is None:
        return {"spec": each.spec, "diagnostics": as_dicts(each.diagnostics)}
    analysis = each.subject.analysis
    told = [{"maps": size, "layers": layers} for size, layers in stages_of(analysis)]
    return {
        "spec": each.spec,
        "name": each.name,
        "stages": told,
        "weight_layers": analysis.depth.weight_layers,
        "params": analysis.weights.inference.params,
    }

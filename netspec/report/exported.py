"""An exported network as a table: its files, what it takes, and how far it is from torch."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.styled import Line, line
from netspec.exporters.formats import FORMATS
from netspec.exporters.result import Exported, Port
from netspec.report.numbers import byte_size
from netspec.report.table import Page, grid, natural


def exported_text(made: Exported, page: Page) -> Iterator[Line]:
    """The files and where their weights are from, then the differences of every output."""
    yield line(("Model: ", "bold"), f'"{made.name}"  as  {_format(made)}')
    for path, size in made.files.items():
        yield line((" File: ", "bold"), f"{path} ({byte_size(size)})")
    yield line((" Weights: ", "bold"), made.weights or f"none given: random, by seed {made.seed}")
    for each in made.inputs:
        yield line((" Input: ", "bold"), _port(each))
    for note in made.notes:
        yield line(f" {note}")
    yield from _table(made, page)
    yield line((f"It agrees with torch within {made.tolerance:g}.", "bold green"))


def _format(made: Exported) -> str:
    title = FORMATS[made.format].title
    return title if made.opset is None else f"{title}, opset {made.opset}"


def _port(port: Port) -> str:
    """``input [batch, 3, 224, any] float32``: what it may be fed."""
    free = {axis % len(port.shape) for axis in port.dynamic}
    sizes = [f"{size}, or any" if axis in free else str(size) for axis, size in enumerate(port.shape)]
    return f"{port.name} ({', '.join(['batch', *sizes])}) {port.dtype}"


def _table(made: Exported, page: Page) -> Iterator[Line]:
    batches = sorted({each.batch for each in made.differences})
    apart = {(each.output, each.batch): each.relative for each in made.differences}
    names = list(dict.fromkeys(each.output for each in made.differences))
    cells = [(name, *(_figure(apart[name, batch]) for batch in batches)) for name in names]
    titles = ("Output", *(f"Difference, batch of {batch}" for batch in batches))
    yield from grid([""] * len(cells), cells, natural(titles, cells), page)


def _figure(relative: float) -> str:
    return f"{relative:.1e}" if relative else "0"

"""An exported network: its files, its inputs, and its distance from torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple

from netspec.exporters.formats import format_named
from netspec.exporters.result import Exported, Port
from netspec.report.document import Caption, Document, Paragraph, Part, Row, Table, Totals, Verbatim, columns
from netspec.report.numbers import byte_size
from netspec.report.sheet import Sheet


def exported(made: Exported) -> Document:
    """The files and the source of their weights, then the differences of every output."""

    def parts() -> Iterator[Part]:
        title = format_named(made.format).title
        yield Caption(made.name, "Model", f"  as  {title if made.opset is None else f'{title}, opset {made.opset}'}")
        facts = [("File", f"{path} ({byte_size(size)})") for path, size in made.files.items()]
        facts.append(("Weights", made.weights or f"none given: random, by seed {made.seed}"))
        facts += [("Input", _port(each)) for each in made.inputs]
        yield Totals(columns(("Export", "")), map(Row, facts))
        for note in made.notes:
            yield Paragraph(note)
        yield _table(made)
        yield Paragraph(f"It agrees with torch within {made.tolerance:g}.", "bold green")

    differences = (astuple(each) for each in made.differences)
    return Document(made.name, parts, made.as_dict, lambda: Sheet(("output", "batch", "relative"), differences))


def _port(port: Port) -> str:
    """``input [batch, 3, 224, any] float32``: the inputs that it takes."""
    free = {axis % len(port.shape) for axis in port.dynamic}
    sizes = [f"{size}, or any" if axis in free else str(size) for axis, size in enumerate(port.shape)]
    return f"{port.name} ({', '.join([*(['batch'] if port.batched else []), *sizes])}) {port.dtype}"


def _table(made: Exported) -> Table:
    batches = sorted({each.batch for each in made.differences})
    apart = {(each.output, each.batch): each.relative for each in made.differences}
    names = dict.fromkeys(each.output for each in made.differences)
    titles = [f"Difference, batch of {batch}" for batch in batches]
    rows = [Row((Verbatim(name), *(_figure(apart[name, batch]) for batch in batches))) for name in names]
    return Table(columns(["Output"], titles), rows)


def _figure(relative: float) -> str:
    return f"{relative:.1e}" if relative else "0"

"""The layers of a network with their shapes and counts, in the manner of Keras's ``model.summary()``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netspec.analysis import PARAM_BYTES, Analysis
from netspec.diagnostics import Diagnostic, as_dicts
from netspec.report import document as doc
from netspec.report.flat_rows import flat_table, shown_nodes
from netspec.report.layer_columns import DEFAULT, LAYER_COLUMNS
from netspec.report.numbers import View, byte_size, count
from netspec.report.records import summary_record
from netspec.report.rows import table_rows
from netspec.report.sheet import Sheet

_COLUMNS = [LAYER_COLUMNS[name].column for name in DEFAULT]
_YIELDS = ((0, 22), (1, len("Output Shape")), (0, len("Layer (type)")))
"""Names are shortened first, then shapes; between them the multiply-accumulates lose their own column."""

SHEET = (
    "path",
    "op",
    "type",
    "inputs",
    "output_shape",
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "units",
    "connections",
    "activation_bytes",
    "training_only",
    "line",
)
"""The figures of a layer that are a spreadsheet's doc.columns."""


def summary(
    analysis: Analysis | None,
    view: View | None = None,
    errors: Sequence[Diagnostic] = (),
    names: Sequence[str] = DEFAULT,
) -> doc.Document:
    """The table, its totals and their conventions.

    Args:
        analysis: The network's figures; for a broken spec those of the layers before the first error, None where there
            are none.
        view: The display options.
        errors: The errors of the spec.
        names: The names of the table's columns. Others than the default show layers without the blocks around them.
    """
    return doc.Document(
        title=analysis.graph.name if analysis else "",
        parts=lambda: _parts(analysis, view or View(), bool(errors), names) if analysis else (),
        data=lambda: _data(analysis, errors),
        sheet=lambda: _sheet(analysis, names),
        errors=lambda: errors,
        long=True,
    )


def tables(analysis: Analysis, view: View, names: Sequence[str] = DEFAULT) -> Iterator[doc.Part]:
    """Layers, totals and conventions, without errors."""
    if names == DEFAULT:
        yield doc.Table(_COLUMNS, table_rows(analysis, view), _YIELDS, spare=1)
    else:
        yield flat_table(analysis, view, names)
    yield doc.Totals(doc.columns(["Total"], [""]), map(doc.Row, totals(analysis, view).items()))
    yield doc.Notes(conventions(analysis, view))


def _parts(analysis: Analysis, view: View, broken: bool, names: Sequence[str]) -> Iterator[doc.Part]:
    yield doc.Caption(analysis.graph.name, "Model", " (up to the first error)" if broken else "")
    yield from tables(analysis, view, names)
    if broken:
        yield doc.Gap()


def _sheet(analysis: Analysis | None, names: Sequence[str]) -> Sheet:
    """A row for each layer, with all of its figures or the chosen columns; layers that are alike each have theirs."""
    if names == DEFAULT or analysis is None:
        return Sheet.of(_data(analysis, ()).get("layers", ()), SHEET, blank=["output_shape", "line"])
    columns = [LAYER_COLUMNS[name] for name in names]
    return Sheet(names, ([each.plain(analysis, node) for each in columns] for node in shown_nodes(analysis, names)))


def _data(analysis: Analysis | None, errors: Sequence[Diagnostic]) -> dict[str, Any]:
    record = summary_record(analysis) if analysis else {}
    return {**record, "diagnostics": as_dicts(errors)} if errors else record


def totals(analysis: Analysis, view: View) -> dict[str, str]:
    """The totals by their titles, as text."""
    weights, work, units = analysis.weights, analysis.work, analysis.units
    examples = view.batch or 1
    found = {
        "Total params": _params(weights.total.params),
        "Trainable params": _params(weights.total.trainable),
        "Non-trainable params": _params(weights.total.frozen),
    }
    if weights.inference != weights.total:
        found["Params without training-only branches"] = _params(weights.inference.params)
    found["Buffers"] = count(weights.total.buffers)
    found["MACs"] = count(work.total)
    found["FLOPs"] = count(work.flops)
    if work.training != work.total:
        found["MACs with training-only branches"] = count(work.training)
    hidden = "" if units.hidden_units is None else f" ({count(units.hidden_units)} hidden)"
    found["Units"] = f"{count(units.total_units)}{hidden}"
    found["Connections"] = count(units.total_connections)
    found["Weight layers"] = count(analysis.depth.weight_layers)
    found["Activations"] = byte_size(examples * analysis.activations.total)
    return found


def conventions(analysis: Analysis, view: View) -> list[str]:
    """A sentence for each convention, and one for each mark that the table uses."""
    batch = "one example" if view.batch is None else f"a batch of {view.batch}"
    found = [
        "Params: learned scalars as torch counts them, shared ones once, 4 bytes each; running statistics are buffers.",
        "MACs: one example's multiply-accumulates in convolutions, linear maps, recurrences and attention; bias and "
        "normalisation left out. FLOPs: 2 x MACs.",
        "Units: outputs of convolution, linear and pooling layers. Connections: units x (fan-in + bias), after LeCun.",
        f"Activations: every layer's output once, for {batch}.",
    ]
    if any(node.training_only for node in analysis.graph.nodes.values()):
        found.append("* runs in training only: its params are counted, its MACs, units and connections are not.")
    detection = analysis.graph.detection
    if detection is not None and detection.per_region:
        found.append(
            f"* runs per region: its shapes are of one region, its MACs, units, connections and activations of "
            f"{detection.regions:,}, the most that an image can have in evaluation."
        )
    return found


def _params(number: int | None) -> str:
    return count(number) if number is None else f"{count(number)} ({byte_size(PARAM_BYTES * number)})"

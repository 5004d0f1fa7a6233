"""What stands below a table: totals, and the convention each of them follows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from netspec.analysis import PARAM_BYTES, Analysis
from netspec.diagnostics.styled import Line, line
from netspec.report.numbers import UNKNOWN, View, byte_size, count


def totals(analysis: Analysis, view: View) -> dict[str, str]:
    """The totals by what they are called, as text."""
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
    found["Units"] = f"{count(units.total_units)} ({count(units.hidden_units)} hidden)"
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
    return found


def total_lines(analysis: Analysis, view: View) -> Iterator[Line]:
    """The totals, a line each."""
    for name, text in totals(analysis, view).items():
        yield line((f" {name}: ", "bold"), text)


def convention_lines(analysis: Analysis, view: View, width: int) -> Iterator[Line]:
    """The conventions, wrapped to `width`."""
    yield from _wrapped(conventions(analysis, view), width)


def left_out_lines(titles: Sequence[str], wanted: int, width: int) -> Iterator[Line]:
    """What columns are left out of a table of `width` for want of room, and how to see them; none where none are.

    Args:
        titles: The columns' headings.
        wanted: The width that has room for them.
        width: The table's.
    """
    if titles:
        told = f"Left out for want of width: {', '.join(titles)}. A terminal of {wanted} columns shows all"
        yield from _wrapped([f"{told}, as do --format json, csv and markdown."], width)


def _wrapped(sentences: Sequence[str], width: int) -> Iterator[Line]:
    for sentence in sentences:
        for text in textwrap.wrap(sentence, width, initial_indent=" ", subsequent_indent="   "):
            yield line((text, "dim"))


def _params(number: int | None) -> str:
    if number is None:
        return UNKNOWN
    return f"{count(number)} ({byte_size(PARAM_BYTES * number)})"

"""Memory of a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netspec.analysis.footprint import Fit, Footprint
from netspec.report.document import Caption, Document, Notes, Paragraph, Part, Row, Table, columns
from netspec.report.numbers import byte_size, count
from netspec.report.sheet import Sheet

_SHOWN = 5
"""The most layers listed as keeping the most memory; JSON has them all."""

_TITLES = {"training_peak": "Peak of a training step", "inference_peak": "Peak of inference"}


def memory(found: Footprint, fit: Fit | None = None) -> Document:
    """The figures, the layers that keep the most, the largest batch, and the meaning of the figures."""

    def parts() -> Iterator[Part]:
        setting = f"batch {found.batch:,}, {found.precision.name}, {found.optimizer.name}, {found.device}"
        yield Caption(found.graph.name, "Model", f"  {setting}")
        yield _table("Memory", _titled(found))
        if rows := _largest(found):
            yield _table("Kept by", rows)
        if fit is not None:
            yield Paragraph(_fitting(fit), "bold")
        yield Notes(list(_conventions(found)))

    return Document(
        title=found.graph.name,
        parts=parts,
        data=lambda: _record(found, fit),
        sheet=lambda: Sheet(("memory", "bytes"), _titled(found)),
    )


def _record(found: Footprint, fit: Fit | None) -> dict[str, Any]:
    """The figures in bytes, None where unknown; ``kept_by`` has the bytes of each layer that keeps some."""
    kept = found.kept_by_node
    record: dict[str, Any] = {
        "name": found.graph.name,
        "batch": found.batch,
        "precision": found.precision.name,
        "optimizer": found.optimizer.name,
        "device": found.device,
        **_figures(found),
        "unknown": found.unknown,
        "kept_by": None if kept is None else {key or "loss": size for key, size in kept.items() if size},
    }
    if fit is not None:
        record["fit"] = {"limit": fit.limit, "training_batch": fit.training, "inference_batch": fit.inference}
    return record


def _figures(found: Footprint) -> dict[str, int | None]:
    return {
        "parameters": found.parameters,
        "buffers": found.buffers,
        "gradients": found.gradients,
        "optimizer_state": found.optimizer_state,
        "input": found.input,
        "kept_for_backward": found.kept,
        "training_peak": found.training_peak,
        "inference_peak": found.inference_peak,
    }


def _titled(found: Footprint) -> list[tuple[str, int | None]]:
    return [(_TITLES.get(key) or key.replace("_", " ").capitalize(), size) for key, size in _figures(found).items()]


def _largest(found: Footprint) -> list[tuple[str, int | None]]:
    kept = sorted((found.kept_by_node or {}).items(), key=lambda item: -item[1])
    return [(key or "the loss", size) for key, size in kept[:_SHOWN] if size]


def _table(title: str, rows: Iterable[tuple[str, int | None]]) -> Table:
    shown = [Row((name, byte_size(size), count(size))) for name, size in rows]
    return Table(columns([title], ["Size", "Bytes"]), shown)


def _fitting(fit: Fit) -> str:
    limit = byte_size(fit.limit)
    return f"Largest batch in {limit}: {_batch(fit.training)} in training, {_batch(fit.inference)} in inference."


def _batch(size: int | None) -> str:
    return "none" if size == 0 else count(size)


def _conventions(found: Footprint) -> Iterator[str]:
    if found.graph.detection is not None:
        yield (
            "Unknown: a detector scales images of any size to a batch of its own, and what it finds in them decides "
            "what its heads and losses keep."
        )
    elif found.kept is None:
        yield f"Unknown: what torch keeps of `{found.unknown}`, and with it all that depends on it."
    yield (
        "Kept for backward: each storage that autograd keeps once, with a cross-entropy on each output; without "
        "parameters, buffers and input."
    )
    yield (
        "Peak of a training step: an estimate; parameters, buffers, optimizer state, and the most there is at once of "
        "values and gradients. What kernels need for their own work is left out."
    )
    yield "Peak of inference: parameters, buffers and the values that are there at once, freed after their last use."

"""The memory that a network takes, as a table and as data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from netspec.analysis.fit import Fit
from netspec.analysis.footprint import Footprint
from netspec.diagnostics.styled import Line, line
from netspec.report.numbers import UNKNOWN, byte_size, count
from netspec.report.table import Page, grid, natural

_SHOWN = 5
"""Layers that are listed of those that keep the most; JSON has them all."""


def memory_text(found: Footprint, page: Page, fit: Fit | None = None) -> Iterator[Line]:
    """The figures, the layers that keep the most, the largest batch, and what the figures mean."""
    yield line(
        ("Model: ", "bold"),
        f'"{found.graph.name}"  batch {found.batch:,}, {found.precision.name}, {found.optimizer.name}, {found.device}',
    )
    yield from _grid(_figures(found), ("Memory", "Size", "Bytes"), page)
    rows = _largest(found)
    if rows:
        yield from _grid(rows, ("Kept by", "Size", "Bytes"), page)
    if fit is not None:
        yield from _told(_fitting(fit), page, "bold")
    for sentence in _conventions(found):
        yield from _told(sentence, page)


def memory_record(found: Footprint, fit: Fit | None = None) -> dict[str, Any]:
    """The figures in bytes, None where unknown; ``kept_by`` has the bytes of each layer that keeps some."""
    kept = found.kept_by_node
    record: dict[str, Any] = {
        "name": found.graph.name,
        "batch": found.batch,
        "precision": found.precision.name,
        "optimizer": found.optimizer.name,
        "device": found.device,
        "parameters": found.parameters,
        "buffers": found.buffers,
        "gradients": found.gradients,
        "optimizer_state": found.optimizer_state,
        "input": found.input,
        "kept_for_backward": found.kept,
        "training_peak": found.training_peak,
        "inference_peak": found.inference_peak,
        "unknown": found.training.unknown,
        "kept_by": None if kept is None else {key or "loss": size for key, size in kept.items() if size},
    }
    if fit is not None:
        record["fit"] = {"limit": fit.limit, "training_batch": fit.training, "inference_batch": fit.inference}
    return record


def _figures(found: Footprint) -> list[tuple[str, int | None]]:
    return [
        ("Parameters", found.parameters),
        ("Buffers", found.buffers),
        ("Gradients", found.gradients),
        ("Optimizer state", found.optimizer_state),
        ("Input", found.input),
        ("Kept for backward", found.kept),
        ("Peak of a training step", found.training_peak),
        ("Peak of inference", found.inference_peak),
    ]


def _largest(found: Footprint) -> list[tuple[str, int | None]]:
    kept = sorted((found.kept_by_node or {}).items(), key=lambda item: -item[1])
    return [(key or "the loss", size) for key, size in kept[:_SHOWN] if size]


def _grid(rows: list[tuple[str, int | None]], titles: tuple[str, str, str], page: Page) -> Iterator[Line]:
    cells = [(name, UNKNOWN if size is None else byte_size(size), count(size)) for name, size in rows]
    first, *others = natural(titles, cells)
    columns = [replace(first, width=max(first.width, 24)), *others]  # two tables that stand together are alike
    yield from grid(["" for _ in cells], cells, columns, page)


def _fitting(fit: Fit) -> str:
    limit = byte_size(fit.limit)
    return f"Largest batch in {limit}: {_batch(fit.training)} in training, {_batch(fit.inference)} in inference."


def _batch(size: int | None) -> str:
    return "none" if size == 0 else count(size)


def _conventions(found: Footprint) -> Iterator[str]:
    if found.kept is None:
        yield f"Unknown: what torch keeps of `{found.training.unknown}`, and with it all that depends on it."
    yield (
        "Kept for backward: each storage that autograd keeps once, with a cross-entropy on each output; without "
        "parameters, buffers and input."
    )
    yield (
        "Peak of a training step: an estimate; parameters, buffers, optimizer state, and the most there is at once of "
        "values and gradients. What kernels need for their own work is left out."
    )
    yield "Peak of inference: parameters, buffers and the values that are there at once, freed after their last use."


def _told(text: str, page: Page, style: str = "") -> Iterator[Line]:
    for each in textwrap.wrap(text, page.width - 1):
        yield line(" ", (each, style))

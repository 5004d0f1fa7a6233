"""A run as a notebook shows it: its state and the table of its epochs. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netspec.report.document import Paragraph as Sentence
from netspec.report.document import Part, Row, Table, Verbatim, columns
from netspec.training.showing.figures import shown, title

MOST_ROWS = 40
"""The most epochs that are shown, the latest ones."""

_NO_FIGURES = ("epoch", "step", "learning_rate", "seconds", "images_per_second")
_PART = "validation_"


def run_page(heading: str, metrics: Mapping[str, Any]) -> Iterator[Part]:
    """The parts of the page.

    Args:
        heading: The run in a line.
        metrics: The content of its ``metrics.json``.
    """
    yield Sentence((Verbatim(heading),))
    epochs = metrics["epochs"]
    latest = epochs[-MOST_ROWS:]
    figures = [name for name in dict.fromkeys(name for each in latest for name in each) if name not in _NO_FIGURES]
    if latest:
        rows = [Row((str(each["epoch"]), *(_value(name, each.get(name)) for name in figures))) for each in latest]
        yield Table(columns([], ["epoch", *map(_titled, figures)]), rows)
    if len(epochs) > len(latest):
        yield Sentence(f"and {len(epochs) - len(latest):,} epochs before")


def _value(name: str, value: float | None) -> str:
    return shown(name.removeprefix(_PART), value)


def _titled(name: str) -> str:
    own = name.removeprefix(_PART)
    return title(own) if own == name else f"validation {title(own)}"

"""A run as a notebook shows it: its state, its pictures, and the table of its epochs. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.files.reading import read_bounded
from netspec.files.run_folder import CURVES, PRECISIONS, confusion_files
from netspec.files.writing import within
from netspec.report.document import Paragraph as Sentence
from netspec.report.document import Part, Picture, Row, Table, Verbatim, columns
from netspec.training.showing.figures import shown, title

MOST_ROWS = 40
"""The most epochs that are shown, the latest ones."""

MOST_BYTES = 1 << 21
"""The largest picture that is shown; those that netspec draws have a twentieth of that."""

_MATRIX = 560
"""Pixels that a confusion matrix is wide, at most: half a slide has room for it."""

_PNG = b"\x89PNG\r\n\x1a\n"
_NO_FIGURES = ("epoch", "step", "learning_rate", "seconds", "images_per_second")
_PART = "validation_"


def run_page(heading: str, metrics: Mapping[str, Any], folder: Path) -> Iterator[Part]:
    """The parts of the page.

    Args:
        heading: The run in a line.
        metrics: The content of its ``metrics.json``.
        folder: The run's, for its pictures; those that are not there are left out.
    """
    yield Sentence((Verbatim(heading),))
    for name, words in _pictures(metrics).items():
        with suppress(NetspecError):
            data = read_bounded(within(folder, name), MOST_BYTES)
            if data.startswith(_PNG):
                yield Picture(words, data, data, None if name == CURVES else _MATRIX)
    epochs = metrics["epochs"]
    latest = epochs[-MOST_ROWS:]
    figures = [name for name in dict.fromkeys(name for each in latest for name in each) if name not in _NO_FIGURES]
    if latest:
        rows = [Row((str(each["epoch"]), *(_value(name, each.get(name)) for name in figures))) for each in latest]
        yield Table(columns([], ["epoch", *map(_titled, figures)]), rows)
    if len(epochs) > len(latest):
        yield Sentence(f"and {len(epochs) - len(latest):,} epochs before")


def _pictures(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The names of a run's pictures, with what they show."""
    each = {confusion_files(name)[0]: f"confusion matrix of {name}" for name in metrics.get("outputs") or {}}
    return {
        CURVES: "figures by epoch",
        confusion_files("")[0]: "confusion matrix",
        PRECISIONS[0]: "precision over recall",
        **each,
    }


def _value(name: str, value: float | None) -> str:
    return shown(name.removeprefix(_PART), value)


def _titled(name: str) -> str:
    own = name.removeprefix(_PART)
    return title(own) if own == name else f"validation {title(own)}"

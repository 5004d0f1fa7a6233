"""What is told of an image that a network was laid on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from netspec.look.filtering import Filtered
from netspec.look.levels import Levels
from netspec.report.document import Caption, Document, Part, Row, Sheet, Totals, columns


def filtered(made: Filtered, levels: Levels, image: Path, output: Path) -> Document:
    """The sizes, the numbers of the output and how they are shown, and the file."""
    finite = made.after[np.isfinite(made.after)]
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
    if not made.params:
        source = "none: its kernels are fixed"
    else:
        source = made.weights or f"none given: random, by seed {made.seed}"
    facts = {
        "image": str(image),
        "input": list(made.before.shape),
        "output": list(made.after.shape),
        "least": least,
        "largest": most,
        "levels": levels.name,
        "black": levels.black,
        "white": levels.white,
        "weights": source,
        "file": str(output),
    }

    def parts() -> Iterator[Part]:
        yield Caption(made.name, "Model", f"  applied to  {image.name}")
        shown = f"{least:.4g} to {most:.4g}" if least is not None else "no finite number"
        rows: list[tuple[str, Any]] = [
            ("Input", _size(made.before.shape)),
            ("Output", _size(made.after.shape)),
            ("Numbers", shown),
            ("Shown", str(levels)),
            ("Weights", source),
            ("File", str(output)),
        ]
        yield Totals(columns(("Filter", "")), map(Row, rows))

    return Document(
        made.name, parts, lambda: {"name": made.name, **facts}, lambda: Sheet(tuple(facts), [tuple(facts.values())])
    )


def _size(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{height:,}x{width:,}, {'gray' if channels == 1 else 'in colours'}"

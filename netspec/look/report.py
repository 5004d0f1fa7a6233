"""What is told of an image that a network was laid on, and of a look at a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netspec.look.filtering import Filtered
from netspec.look.levels import Levels
from netspec.look.looking import Looked
from netspec.report.document import Caption, Document, Notes, Part, Row, Table, Totals, columns
from netspec.report.sheet import Sheet


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


def looked(made: Looked, files: Sequence[Path]) -> Document:
    """The figures that were drawn, with their facts, and the files."""
    whole = [files[0]] * len(made.figures) if len(files) < len(made.figures) else list(files)
    data = {
        "name": made.name,
        "weights": made.weights,
        "images": [str(each) for each in made.files],
        "figures": [
            {"method": method, "title": figure.title, "facts": dict(figure.facts), "file": str(file)}
            for (method, figure), file in zip(made.figures, whole, strict=True)
        ],
        "files": [str(file) for file in files],
        "notes": list(made.notes),
    }

    def parts() -> Iterator[Part]:
        yield Caption(made.name, "Model", f"  weights {made.weights}")
        # A picture's file begins with its method; a page holds them all.
        apart = len(files) == len(made.figures)
        first = [file.name for file in files] if apart else [method for method, _ in made.figures]
        rows = [Row((name, figure.title)) for name, (_, figure) in zip(first, made.figures, strict=True)]
        yield Table(columns(("File" if apart else "Method", "Picture")), rows, yields=((1, 24),))
        remarks = [f"{method}: {figure.remark}" for method, figure in made.figures if figure.remark]
        place = files[0].parent if apart and files else Path(*map(str, files[:1]))
        told = [*remarks, *(f"note: {text}" for text in made.notes), *([f"in {place}"] if str(place) != "." else [])]
        if told:
            yield Notes(told)

    def rows() -> Iterator[tuple[str, str, str]]:
        pairs = zip(made.figures, whole, strict=True)
        return ((method, figure.title, str(file)) for (method, figure), file in pairs)

    return Document(made.name, parts, lambda: data, lambda: Sheet(("method", "picture", "file"), rows()))

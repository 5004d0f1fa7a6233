"""Parquet files with encoded images, as Hugging Face lays data sets out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.functional.data.decoding import frame_of
from netspec.functional.data.numbers import numbered
from netspec.functional.data.streaming import images_of
from netspec.functional.examples import Data, Images
from netspec.functional.holding_out import with_test

LABELS = ("label", "labels", "fine_label", "target", "class")
"""Columns that are taken for labels, the first that is there."""

TRAIN_WORDS = ("train", "training")
VALIDATION_WORDS = ("val", "valid", "validation", "dev")
TEST_WORDS = ("test", "testing", "eval", "evaluation")


def load_tables(
    place: Path,
    image_column: str | None,
    label_column: str | None,
    targets: str | None,
    channels: int,
    resize: tuple[int, int] | None,
    shorter: int | None,
    crop: tuple[int, int] | None,
    test: float | None,
    streams: bool,
) -> Data:
    """Images [N, C, H, W] with classes or values, of a file or a folder of files."""
    rows = [
        read_rows(files, image_column, label_column) for files in files_by_part(place)
    ]
    frame = frame_of([part[0] for part in rows if part], resize, shorter, crop)
    first = rows[0]
    assert first is not None
    meant, names = (
        targets,
        sorted(set(first[1])) if isinstance(first[1][0], str) else [],
    )
    parts: list[Images | None] = []
    for part in rows:
        if part is None:
            parts.append(None)
            continue
        told = targets_of_labels(part[1], names, meant)
        meant = "values" if told is not None and told.is_floating_point() else "classes"
        parts.append(images_of(part[0], told, channels, frame, streams))
    train, validation, tested = parts
    assert train is not None
    return with_test(Data(train, tested, validation), test)


def files_by_part(place: Path) -> list[list[Path]]:
    """The files to learn from, to validate by and to test by."""
    if not place.is_dir():
        return [[place], [], []]
    files = sorted(place.rglob("*.parquet"))
    words = (
        ("train", "training"),
        ("val", "valid", "validation", "dev"),
        ("test", "eval"),
    )
    train, validation, test = (
        [file for file in files if says(file.relative_to(place), names)]
        for names in words
    )
    train = train or [file for file in files if file not in (*validation, *test)]
    return [train, validation, test] if test else [train, [], validation]


def says(file: Path, words: tuple[str, ...]) -> bool:
    """Whether a file's name, or that of a folder it is in, has one of some words."""
    text = "".join(c if c.isalpha() else " " for c in str(file.with_suffix("")).lower())
    return bool(set(words) & set(text.split()))


def read_rows(
    files: list[Path], image: str | None, label: str | None
) -> tuple[list[bytes], list[Any]] | None:
    """The encoded images and the labels of some files; None where there are none."""
    import pyarrow.parquet  # type: ignore[import-untyped]

    images: list[bytes] = []
    labels: list[Any] = []
    for file in files:
        table = pyarrow.parquet.read_table(file)
        names = table.column_names
        label = label or next((name for name in LABELS if name in names), None)
        image = image or next(name for name in names if name != label)
        for cell in table[image].to_pylist():
            images.append(cell["bytes"] if isinstance(cell, dict) else cell)
        labels += table[label].to_pylist() if label else [None] * len(table)
    return (images, labels) if images else None


def targets_of_labels(
    labels: list[Any], names: list[str], meant: str | None
) -> Tensor | None:
    """Labels as classes [N], or as values [N, 1]; None where nothing is told."""
    if labels[0] is None:
        return None
    if names:
        return torch.tensor([names.index(label) for label in labels])
    return numbered(torch.tensor(labels), meant)

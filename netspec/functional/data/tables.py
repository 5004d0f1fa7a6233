"""Parquet files with encoded images, as Hugging Face lays data sets out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.functional.data.columns import (
    holds_bytes,
    image_column_of,
    label_column_of,
)
from netspec.functional.data.decoding import frame_of
from netspec.functional.data.numbers import numbered
from netspec.functional.data.parts import files_by_part
from netspec.functional.data.streaming import images_of
from netspec.functional.examples import Data, Images, UnfitData
from netspec.functional.holding_out import with_test


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
    by_part: list[list[Path]] = [[place], [], []]
    if place.is_dir():
        by_part = files_by_part(place, sorted(place.rglob("*.parquet")))
    rows = [read_rows(files, image_column, label_column) for files in by_part]
    frame = frame_of([part[0] for part in rows if part], resize, shorter, crop)
    first = rows[0]
    assert first is not None
    meant, names = (
        targets,
        sorted({name for name in first[1] if isinstance(name, str)}),
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


def read_rows(
    files: list[Path], image: str | None, label: str | None
) -> tuple[list[bytes], list[Any]] | None:
    """The encoded images and the labels of some files; None where there are none.

    Without a column of labels there are no labels.
    """
    import pyarrow.parquet  # type: ignore[import-untyped]

    images: list[bytes] = []
    labels: list[Any] = []
    for file in files:
        table = pyarrow.parquet.read_table(file)
        if not len(table):
            raise UnfitData(f"{file}: it has no rows", "replace it, or delete it")
        label = label or label_column_of(table.schema)
        image = image or image_column_of(table.schema)
        for name in filter(None, (image, label)):
            if table.column_names.count(name) != 1 or table[name].null_count:
                help = "each row has an image and a label"
                raise UnfitData(f"{file} has no full column `{name}`", help)
        if image is None or not holds_bytes(table.schema.field(image).type):
            help = "images are bytes, as a file holds them"
            raise UnfitData(f"{file} has no column of encoded images", help)
        for cell in table[image].to_pylist():
            images.append(cell["bytes"] if isinstance(cell, dict) else cell)
        if label:
            labels += table[label].to_pylist()
    return (images, labels) if files else None


def targets_of_labels(
    labels: list[Any], names: list[str], meant: str | None
) -> Tensor | None:
    """Labels as classes [N], or as values [N, 1]; None without labels."""
    if not labels:
        return None
    if names:
        return torch.tensor([names.index(label) for label in labels])
    return numbered(torch.tensor(labels), meant)

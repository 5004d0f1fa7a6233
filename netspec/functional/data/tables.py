"""Parquet files with encoded images, as Hugging Face lays data sets out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.functional.data.arrays import numbered
from netspec.functional.data.arrow_files import mapped_batches, tables_of
from netspec.functional.data.columns import (
    holds_bytes,
    image_column_of,
    label_column_of,
)
from netspec.functional.data.decoding import Decoding, Encoded, decoded_data
from netspec.functional.data.image_files import kind_of
from netspec.functional.examples import Data, UnfitData


def load_tables(
    place: Path,
    image_column: str | None,
    label_column: str | None,
    targets: str | None,
    decoding: Decoding,
    split: Callable[[Data], Data],
) -> Data:
    """Images [N, C, H, W] with classes or values, of a file or a folder of files."""
    parts: list[Encoded | None] = []
    meant, names = targets, list[str]()
    for files in tables_of(place):
        if not files:
            parts.append(None)
            continue
        images, labels = read_rows(files, image_column, label_column)
        if not parts:  # the others are of the same kind as those to learn from
            names = sorted({label for label in labels if isinstance(label, str)})
        told = targets_of_labels(labels, names, meant)
        meant = "values" if told is not None and told.is_floating_point() else "classes"
        parts.append(Encoded(images, told))
    return split(replace(decoded_data(parts, decoding), classes=tuple(names)))


def read_rows(
    files: list[Path], image: str | None, label: str | None
) -> tuple[list[bytes], list[Any]]:
    """The encoded images and the labels of some files; no labels without a column."""
    images: list[bytes] = []
    labels: list[Any] = []
    for file in files:
        table = table_in(file)
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
    return images, labels


def table_in(file: Path) -> Any:
    """A file of Parquet, or of Arrow."""
    import pyarrow.parquet  # type: ignore[import-untyped]

    if file.suffix == ".arrow":
        return pyarrow.Table.from_batches(mapped_batches(file))
    if reason := kind_of(file.stat()):
        raise UnfitData(f"{file}: {reason}", "name a file of Parquet")
    return pyarrow.parquet.read_table(file)


def targets_of_labels(
    labels: list[Any], names: list[str], meant: str | None
) -> Tensor | None:
    """Labels as classes [N], or as values [N, 1]; None without labels."""
    if not labels:
        return None
    if names:
        return torch.tensor([names.index(label) for label in labels])
    return numbered(np.array(labels), meant)

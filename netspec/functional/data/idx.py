"""MNIST and data sets of its form: four IDX files, from the disk or torchvision."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import torch
from torch import Tensor

from netspec.functional.examples import Data, Images

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def load_idx(folder: Path, layouts: tuple[str, ...], source: str) -> Data:
    """Images [N, 1, 28, 28] from 0 to 255 with their classes.

    Args:
        folder: The folder of the files, or of their download.
        layouts: Folders below it where they may lie, plain or compressed.
        source: The name of the data set in torchvision.
    """
    paths = find_idx(folder, layouts)
    if not paths:
        import torchvision.datasets  # type: ignore[import-untyped]

        getattr(torchvision.datasets, source)(str(folder), download=True)
        paths = find_idx(folder, layouts)
    train, train_labels, test, test_labels = map(read_idx, paths)
    return Data(
        Images(train[:, None], train_labels.long()),
        Images(test[:, None], test_labels.long()),
    )


def find_idx(folder: Path, layouts: tuple[str, ...]) -> list[Path]:
    """The four files, where people and torchvision put them; none if one is missing."""
    for place in layouts:
        for ending in ("", ".gz"):
            paths = [folder / place / (name + ending) for name in FILES]
            if all(path.is_file() for path in paths):
                return paths
    return []


def read_idx(path: Path) -> Tensor:
    """An IDX file of bytes: two zeros, 8, the number of axes, their sizes, the data."""
    data = bytearray(path.read_bytes())
    if data[:2] == b"\x1f\x8b":
        data = bytearray(gzip.decompress(data))
    if data[:3] != b"\x00\x00\x08":
        raise SystemExit(f"{path} is no IDX file of bytes")
    start = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    return torch.frombuffer(data, dtype=torch.uint8, offset=start).view(shape)

"""The files of MNIST and of data sets of its form, as they lie on a disk."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import BinaryIO

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_files(folder: Path) -> list[Path]:
    """The four files of a folder, unpacked or compressed; none if one is missing."""
    found: list[Path] = []
    for name in FILES:
        both = (folder / name, folder / f"{name}.gz")
        found += [path for path in both if path.is_file()][:1]
    return found if len(found) == len(FILES) else []


def opened_idx(path: Path) -> BinaryIO:
    """An IDX file, unpacked where its first bytes, not its name, are those of gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]

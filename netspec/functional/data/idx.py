"""MNIST and data sets of its form: four IDX files, from the disk or torchvision.

torchvision downloads them, but reads only unpacked files, in folders of its own.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import torch
from torch import Tensor

from netspec.functional.data.idx_files import FILES, idx_files, opened_idx
from netspec.functional.data.places import fetched, places_of
from netspec.functional.examples import Data, Images


def load_idx(folder: Path, layouts: tuple[str, ...], source: str | None) -> Data:
    """Images [N, 1, 28, 28] from 0 to 255 with their classes.

    Args:
        folder: The folder of the files, or of their download.
        layouts: Folders below it where they may lie, plain or compressed.
        source: The name of the data set in torchvision; None downloads nothing.

    Raises:
        FileNotFoundError: They are not there, or their download failed.
    """
    places = places_of(folder, layouts, known=source is not None)
    paths = next(filter(None, map(idx_files, places)), [])
    if not paths and source is None:
        raise FileNotFoundError(f"{folder} holds no {FILES[0]} with its companions")
    if not paths:
        import torchvision.datasets  # type: ignore[import-untyped]

        kind = getattr(torchvision.datasets, f"{source}")
        fetched(lambda root: kind(root, download=True), f"{source}", folder)
        paths = idx_files(folder / f"{source}" / "raw")
    return data_of_idx(list(map(read_idx, paths)))


def data_of_idx(arrays: list[Tensor]) -> Data:
    """The images and labels that the four files hold."""
    train, train_labels, test, test_labels = arrays
    return Data(
        Images(train[:, None], train_labels.long()),
        Images(test[:, None], test_labels.long()),
    )


def read_idx(path: Path) -> Tensor:
    """An IDX file of bytes (http://yann.lecun.com/exdb/mnist).

    It holds two zeros, 8, the number of axes, their sizes as big-endian integers of 32
    bits, and the elements in row-major order.
    """
    with opened_idx(path) as file:
        head = file.read(4)
        axes = head[3] if len(head) == 4 and head.startswith(b"\0\0\x08") else 0
        sizes = file.read(4 * axes)
        if not axes or len(sizes) < 4 * axes:
            raise ValueError(f"{path}: it is no IDX file of bytes")
        shape = struct.unpack(f">{axes}I", sizes)
        size = math.prod(shape)
        data = bytearray(size)
        read = file.readinto(data) + len(file.read(1))  # type: ignore[attr-defined]
    if read != size:
        held = f"{read:,}" if read < size else "more"
        told = " x ".join(map(str, shape))
        what = f"its header promises {size:,} bytes ({told}), it holds {held}"
        raise ValueError(f"{path}: {what}")
    return torch.frombuffer(data, dtype=torch.uint8).view(shape)

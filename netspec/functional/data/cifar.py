"""CIFAR-10 and CIFAR-100, from the disk or torchvision.

The makers' files are pickles, which can run code: torchvision reads those alone whose
checksums are the published ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from netspec.functional.data.decoding import Decoding, Encoded, decoded_data
from netspec.functional.data.places import fetched, places_of
from netspec.functional.data.tables import read_rows
from netspec.functional.examples import Data, Images


def load_cifar(
    folder: Path,
    layouts: tuple[str, ...],
    archive: str,
    source: str,
    label: str,
    decoding: Decoding,
    downloads: bool,
) -> Data:
    """Images [N, 3, 32, 32] from 0 to 255 with their classes.

    Args:
        folder: The folder of the files, or of their download.
        layouts: Folders below it where they may lie, as Parquet or in the archive.
        archive: The folder that torchvision unpacks.
        source: The name of the data set in torchvision.
        label: The column of the classes in Parquet files.
        decoding: The way to decode images of Parquet files.
        downloads: Whether they are downloaded where they are not there.

    Raises:
        FileNotFoundError: They are not there, or their download failed.
    """
    places = places_of(folder, layouts, known=downloads)
    unpacked = [place for place in places if (place / archive).is_dir()]
    tables = [place for place in places if any(place.glob("*train*.parquet"))]
    if tables and not unpacked:
        parts = [read_parquet_of(tables[0], part, label) for part in ("train", "test")]
        return decoded_data([parts[0], None, parts[1]], decoding)
    import torchvision.datasets  # type: ignore[import-untyped]

    kind = getattr(torchvision.datasets, source)
    if not unpacked and not downloads:
        raise FileNotFoundError(f"{folder} holds neither {archive} nor Parquet files")
    if not unpacked:
        fetched(lambda root: kind(root, download=True), source, folder)
    root = str((unpacked or [folder])[0])
    train, test = (kind(root, each) for each in (True, False))
    return Data(
        pixels_of(train.data, train.targets), pixels_of(test.data, test.targets)
    )


def pixels_of(images: Any, labels: list[int]) -> Images:
    """NumPy's images [N, H, W, C] and their classes."""
    return Images(
        torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)
    )


def read_parquet_of(folder: Path, part: str, label: str) -> Encoded:
    """The images of the Parquet files of a part."""
    files = sorted(folder.glob(f"*{part}*.parquet"))
    images, labels = read_rows(files, None, label)
    return Encoded(images, torch.tensor(labels))

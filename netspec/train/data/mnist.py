"""MNIST, from the user's disk or else downloaded by torchvision."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import ClassVar

from netspec.diagnostics import Code, NetspecError
from netspec.train.data.base import DataSet
from netspec.train.data.idx import broken, read_idx
from netspec.train.data.raw import Images, RawData

_CACHE = Path("~/.cache/netspec")
_PARTS = ("train", "t10k")
_LAYOUTS = (".", "mnist", "MNIST/raw", "mnist/MNIST/raw")
"""Where the files may lie below a folder of data; torchvision makes `MNIST/raw`."""
_TIMEOUT = 20.0
"""Seconds of silence after which a download is given up."""


class Mnist(DataSet):
    """Handwritten digits, [1, 28, 28], 10 classes; 60,000 for training, 10,000 for the test (LeCun 1998).

    The main argument is the folder with the four IDX files, plain or ``.gz``. Without it they are looked for in
    ``$NETSPEC_DATA``, then in ``~/.cache/netspec``, whereto they are downloaded at last.
    """

    key: ClassVar[str] = "mnist"
    main: ClassVar[str | None] = "folder"
    image: ClassVar[tuple[int, int, int]] = (1, 28, 28)
    classes: ClassVar[int] = 10
    examples: ClassVar[int | None] = 60_000

    folder: str | None = None

    def load(self) -> RawData:
        folder = self._find()
        train, test = (_read(folder, part) for part in _PARTS)
        return RawData(train, test, tuple(map(str, range(self.classes))), self.brightest)

    def _find(self) -> Path:
        """The folder that holds all four files."""
        cache = _CACHE.expanduser()
        roots = [Path(self.folder).expanduser()] if self.folder else [*_from_environment(), cache]
        if found := _search(roots):
            return found
        reason = "a folder that is named is not downloaded to" if self.folder else _download(cache)
        if not self.folder and (found := _search([cache])):
            return found
        raise NetspecError.of(
            Code.DATA_NOT_FOUND,
            f"MNIST is not there ({reason}); looked in {', '.join(str(r) for r in roots)}",
            expected=f"train-images-idx3-ubyte and its three companions, plain or .gz, there or in {_LAYOUTS[1]}/",
            help="say where the files are with --data DIR or by setting NETSPEC_DATA",
        )


def _from_environment() -> list[Path]:
    folder = os.environ.get("NETSPEC_DATA")
    return [Path(folder).expanduser()] if folder else []


def _search(roots: list[Path]) -> Path | None:
    """The first folder, in the known layouts below the roots, that holds all four files."""
    for folder in (root / layout for root in roots for layout in _LAYOUTS):
        if all(_file(folder, part, kind) for part in _PARTS for kind in ("images-idx3", "labels-idx1")):
            return folder
    return None


def _file(folder: Path, part: str, kind: str) -> Path | None:
    """One of the four files, unpacked or else compressed."""
    candidates = (folder / f"{part}-{kind}-ubyte{ending}" for ending in ("", ".gz"))
    return next((c for c in candidates if c.is_file()), None)


def _download(cache: Path) -> str:
    """Have torchvision fetch the files into the cache; why it could not, or an empty text."""
    try:
        from torchvision.datasets import MNIST
    except ImportError:
        return "torchvision, which would download it, is not installed"
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT)
    try:
        MNIST(root=str(cache), download=True)
    except (OSError, RuntimeError) as error:
        return f"the download failed: {str(error).splitlines()[0]}"
    finally:
        socket.setdefaulttimeout(before)
    return ""


def _read(folder: Path, part: str) -> Images:
    """The images and labels of one part, checked against each other."""
    import torch

    images_path, labels_path = (_file(folder, part, kind) for kind in ("images-idx3", "labels-idx1"))
    assert images_path
    assert labels_path
    images, labels = read_idx(images_path, axes=3), read_idx(labels_path, axes=1)
    count = images.shape[0]
    if images.shape[1:] != (28, 28) or not count:
        broken(images_path, f"it holds {count:,} images of {images.shape[1]}x{images.shape[2]}, not of 28x28")
    if labels.shape != (count,):
        broken(labels_path, f"it holds {labels.shape[0]:,} labels for {count:,} images")
    if max(labels.data) > 9:
        row = next(i for i, label in enumerate(labels.data) if label > 9)
        broken(labels_path, f"label {row:,} is {labels.data[row]}; labels are 0 to 9")
    pixels = torch.frombuffer(images.data, dtype=torch.uint8).view(count, 1, 28, 28)
    return Images(pixels, torch.frombuffer(labels.data, dtype=torch.uint8).long())

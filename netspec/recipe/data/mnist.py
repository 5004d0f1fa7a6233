"""MNIST and Fashion-MNIST, from the user's disk or else downloaded by torchvision."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar, NoReturn

from netspec.diagnostics import Code, NetspecError
from netspec.functional.data.idx_files import idx_files, opened_idx
from netspec.recipe.data.base import DataSet
from netspec.recipe.data.finding import download, find, first
from netspec.recipe.data.raw import Images, RawData
from netspec.recipe.function import Function, functional

if TYPE_CHECKING:
    from torch import Tensor

_TRAILER = 8
"""Bytes at the end of what gzip compressed: a checksum and the length."""

_SLACK = 1 << 20
"""Bytes that a file may be longer than what is in it."""

_MOST = 1 << 29
"""Bytes that a file may hold: MNIST has 47,040,000, and what is compressed may promise any number."""


class Mnist(DataSet):
    """Handwritten digits, [1, 28, 28], 10 classes; 60,000 for training, 10,000 for the test (LeCun 1998).

    The main argument is the folder with the four IDX files, plain or ``.gz``. Without it they are looked for in
    ``$NETSPEC_DATA``, then in ``~/.cache/netspec``, whereto they are downloaded at last.

    Class attributes:
        title: For diagnostics.
        source: Its name in torchvision.
        layouts: The places of the files below a folder of data; torchvision makes the last kind.
    """

    key: ClassVar[str] = "mnist"
    main: ClassVar[str | None] = "folder"
    image: ClassVar[tuple[int, int, int]] = (1, 28, 28)
    class_count: ClassVar[int] = 10
    training_examples: ClassVar[int | None] = 60_000
    title: ClassVar[str] = "MNIST"
    names: ClassVar[tuple[str, ...]] = tuple("0123456789")
    source: ClassVar[str] = "MNIST"
    layouts: ClassVar[tuple[str, ...]] = (".", "mnist", "MNIST/raw", "mnist/MNIST/raw")

    folder: str | None = None

    @property
    def known_examples(self) -> int | None:
        return None if self.folder else self.training_examples  # files of the form may be of other data

    def look(self) -> None:
        folder = first(self.folder, self.layouts, _complete)
        if folder is None and self.folder is not None:
            self._find()
        for path in idx_files(folder) if folder else ():
            check_idx(path, *_inner(path))

    def load(self) -> RawData:
        folder = self._find()
        from netspec.functional.data.idx import data_of_idx

        paths = idx_files(folder)
        data = data_of_idx([read_idx(path, *_inner(path)) for path in paths])
        for images, path in ((data.train, paths[1]), (data.test, paths[3])):
            assert images
            _check_part(images, path)
        return RawData(data.train, data.test, self.names, self.brightest)

    def _find(self) -> Path:
        expected = "train-images-idx3-ubyte and its three companions, plain or .gz, there or in "
        return find(
            self.title,
            self.folder,
            self.layouts,
            _complete,
            f"{expected}{next(layout for layout in self.layouts if layout != '.')}/",
            lambda cache: download(self.source, cache),
        )

    @property
    def script_folder(self) -> str:
        return self.folder or "data"

    def reader(self) -> Function:
        # A folder that is named may hold the files themselves, those of any data set of the form.
        others = tuple(layout for layout in self.layouts if layout != ".")
        layouts = (".", *others) if self.folder else (*others, ".")
        return functional("data.idx.load_idx", layouts=layouts, source=None if self.folder else self.source)


class FashionMnist(Mnist):
    """Pieces of clothing, [1, 28, 28], 10 classes; 60,000 for training, 10,000 for the test (arXiv:1708.07747).

    The main argument is the folder with the four IDX files, plain or ``.gz``; without it they are found as MNIST's are.
    """

    key: ClassVar[str] = "fashion_mnist"
    title: ClassVar[str] = "Fashion-MNIST"
    names: ClassVar[tuple[str, ...]] = (
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    )  # fmt: skip
    source: ClassVar[str] = "FashionMNIST"
    # Not the folder itself, unless it is named: MNIST's files bear the same names.
    layouts: ClassVar[tuple[str, ...]] = ("fashion-mnist", "fashion_mnist", "FashionMNIST/raw")


def _inner(path: Path) -> tuple[int, ...]:
    """The sizes of one image, or of one label."""
    return (28, 28) if "idx3" in path.name else ()


def _complete(folder: Path) -> bool:
    return bool(idx_files(folder))


def read_idx(path: Path, *inner: int) -> Tensor:
    """An IDX file, read by `netspec.functional.data.idx.read_idx` once its header is looked at.

    Args:
        path: The file.
        inner: The sizes that its axes after the first must have.

    Raises:
        NetspecError: NS0803 naming the file: it is no IDX file, cut short, or too long.
    """
    from netspec.functional.data import idx

    check_idx(path, *inner)
    with _telling(path):
        return idx.read_idx(path)


def check_idx(path: Path, *inner: int) -> None:
    """Make sure that a file begins and ends as an IDX file does, as far as it takes no torch; as `read_idx`."""
    with _telling(path):
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(-min(path.stat().st_size, _TRAILER), os.SEEK_END)
            if packed and not any(raw.read()):  # zeros behind its end, which gzip would skip one by one
                _broken(path, "its compressed data end in zeros: they are damaged or cut short")
        with opened_idx(path) as file:
            _check_header(file, path, inner)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Report whatever is wrong with a file inside the context as NS0803."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        _broken(path, f"its compressed data are damaged or cut short ({error})")
    except OSError as error:
        _broken(path, f"it cannot be read ({error.strerror or error})")
    except ValueError as error:
        _broken(None, str(error))


def _check_header(file: BinaryIO, path: Path, inner: tuple[int, ...]) -> None:
    """Refuse a file that is no IDX file of the sizes that are wanted, or promises more than any has."""
    axes = 1 + len(inner)
    magic, expected = file.read(4), bytes((0, 0, 8, axes))
    if magic != expected:
        _broken(path, f"it begins with {magic.hex(' ') or 'nothing'}, not with {expected.hex(' ')} as IDX files do")
    header = file.read(4 * axes)
    if len(header) < 4 * axes:
        _broken(path, "it is cut short within its header")
    shape = struct.unpack(f">{axes}I", header)
    size, told = prod(shape), " x ".join(map(str, shape))
    if shape[1:] != inner or not shape[0]:
        held, wanted = ("x".join(map(str, each)) for each in (shape[1:], inner))
        _broken(
            path, f"it holds {shape[0]:,} images of {held}, not some of {wanted}" if inner else "it holds no labels"
        )
    if size > _MOST:
        _broken(path, f"its header promises {size:,} bytes ({told}); up to {_MOST:,} are read")
    if path.stat().st_size > size + _SLACK:
        _broken(path, f"its header promises {size:,} bytes ({told}), it holds more")


def _check_part(images: Images, path: Path) -> None:
    """Refuse labels that do not fit their images."""
    labels, count = images.targets, len(images)
    assert labels is not None
    if len(labels) != count:
        _broken(path, f"it holds {len(labels):,} labels for {count:,} images")
    if labels.max() > 9:
        row = int((labels > 9).int().argmax())
        _broken(path, f"label {row:,} is {int(labels[row])}; labels are 0 to 9")


def _broken(path: Path | None, what: str) -> NoReturn:
    """Raise NS0803 for a file of a data set, which `what` names where `path` does not."""
    help = "replace the file; one that is deleted from netspec's own cache is downloaded again"
    raise NetspecError.of(Code.DATA_BROKEN, what if path is None else f"{path}: {what}", help=help)

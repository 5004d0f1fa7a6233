"""MNIST and Fashion-MNIST, from the user's disk or else downloaded by torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from netspec.recipe.data.base import DataSet
from netspec.recipe.data.finding import download, find
from netspec.recipe.data.idx import broken, read_idx
from netspec.recipe.data.raw import Images, RawData
from netspec.recipe.function import Function, functional

_PARTS = ("train", "t10k")
_SIZE = (28, 28)


class Mnist(DataSet):
    """Handwritten digits, [1, 28, 28], 10 classes; 60,000 for training, 10,000 for the test (LeCun 1998).

    The main argument is the folder with the four IDX files, plain or ``.gz``. Without it they are looked for in
    ``$NETSPEC_DATA``, then in ``~/.cache/netspec``, whereto they are downloaded at last.

    Class attributes:
        title: For diagnostics.
        names: The names of the classes.
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

    def load(self) -> RawData:
        expected = "train-images-idx3-ubyte and its three companions, plain or .gz, there or in "
        folder = find(
            self.title,
            self.folder,
            self.layouts,
            _complete,
            f"{expected}{next(layout for layout in self.layouts if layout != '.')}/",
            lambda cache: download(self.source, cache),
        )
        train, test = (_read(folder, part) for part in _PARTS)
        return RawData(train, test, self.names, self.brightest)

    @property
    def script_folder(self) -> str:
        return self.folder or "data"

    def reader(self) -> Function:
        # A folder that is named may hold the files themselves, those of any data set of the form.
        layouts = (*(layout for layout in self.layouts if layout != "."), ".")
        return functional("data.idx.load_idx", layouts=layouts, source=self.source)


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


def _complete(folder: Path) -> bool:
    return all(_file(folder, part, kind) for part in _PARTS for kind in ("images-idx3", "labels-idx1"))


def _file(folder: Path, part: str, kind: str) -> Path | None:
    """One of the four files, unpacked or else compressed."""
    candidates = (folder / f"{part}-{kind}-ubyte{ending}" for ending in ("", ".gz"))
    return next((c for c in candidates if c.is_file()), None)


def _read(folder: Path, part: str) -> Images:
    """The images and labels of one part, checked against each other."""
    import torch

    images_path, labels_path = (_file(folder, part, kind) for kind in ("images-idx3", "labels-idx1"))
    assert images_path
    assert labels_path
    images, labels = read_idx(images_path, *_SIZE), read_idx(labels_path)
    count = images.shape[0]
    if labels.shape != (count,):
        broken(labels_path, f"it holds {labels.shape[0]:,} labels for {count:,} images")
    if max(labels.data) > 9:
        row = next(i for i, label in enumerate(labels.data) if label > 9)
        broken(labels_path, f"label {row:,} is {labels.data[row]}; labels are 0 to 9")
    pixels = torch.frombuffer(images.data, dtype=torch.uint8).view(count, 1, 28, 28)
    return Images(pixels, torch.frombuffer(labels.data, dtype=torch.uint8).long())

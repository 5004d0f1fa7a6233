"""CIFAR-10 and CIFAR-100: as their makers and torchvision lay them out, or as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import model_validator

from netspec.recipe.data.encoded import Encoded
from netspec.recipe.data.ends import PARQUET, PICKLE, check_ends
from netspec.recipe.data.finding import download, find
from netspec.recipe.data.parquet import Columns, read_parquet
from netspec.recipe.data.plain_pickle import bytes_of, unpickled
from netspec.recipe.data.problems import damaged
from netspec.recipe.data.raw import Images, RawData
from netspec.recipe.function import Function, functional
from netspec.recipe.libraries import require

_PIXELS = 3 * 32 * 32


class Cifar10(Encoded):
    """Small pictures, [3, 32, 32], 10 classes; 50,000 for training, 10,000 for the test (Krizhevsky 2009).

    The main argument is the folder with ``cifar-10-batches-py`` or with Parquet files. Without it they are looked for
    in ``$NETSPEC_DATA``, then in ``~/.cache/netspec``, whereto torchvision downloads them at last.

    Class attributes:
        title: For diagnostics.
        source: Its name in torchvision.
        archive: The folder that torchvision unpacks.
        parts: Its files to train on, and to test by.
        label: The name of their labels, there and as a column.
        own_names: The classes' names, where they are few.
        layouts: The places of Parquet files below a folder of data.
    """

    key: ClassVar[str] = "cifar10"
    main: ClassVar[str | None] = "folder"
    image: ClassVar[tuple[int, int, int] | None] = (3, 32, 32)
    class_count: ClassVar[int | None] = 10
    training_examples: ClassVar[int | None] = 50_000
    title: ClassVar[str] = "CIFAR-10"
    source: ClassVar[str] = "CIFAR10"
    archive: ClassVar[str] = "cifar-10-batches-py"
    parts: ClassVar[tuple[tuple[str, ...], tuple[str, ...]]] = (
        tuple(f"data_batch_{number}" for number in range(1, 6)),
        ("test_batch",),
    )
    meta: ClassVar[tuple[str, str]] = ("batches.meta", "label_names")
    label: ClassVar[tuple[str, str]] = ("labels", "label")
    own_names: ClassVar[tuple[str, ...]] = (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip
    layouts: ClassVar[tuple[str, ...]] = ("cifar10", "cifar-10", "CIFAR10")

    folder: str | None = None

    @model_validator(mode="after")
    def _check_images(self) -> Self:
        if self.crop or self.channels != 3 or self.levels:
            what = "crop" if self.crop else "levels" if self.levels else "channels"
            raise ValueError(
                f"`{what}` is not for {self.title}, whose images are [3, 32, 32]: `augment` can change them"
            )
        return self

    def look(self) -> None:
        if self.folder:  # otherwise it may be downloaded
            place = self._find()
            if self._batches(place):
                check_ends((place / name for names in self.parts for name in names), PICKLE)
            else:
                check_ends((file for files in _parquet(place) for file in files), PARQUET)

    def load(self) -> RawData:
        place = self._find()
        if self._batches(place):
            train, test = (
                _read_batches([place / name for name in names], self.label[0], self.class_count) for names in self.parts
            )
            return RawData(train, test, self._names(place))
        require("pyarrow")
        train_files, test_files = _parquet(place)
        found = read_parquet(train_files, (), test_files, Columns(label=self.label[1]))
        if len(found.classes) != self.class_count:
            damaged(place, f"it has {len(found.classes)} classes, {self.title} has {self.class_count}")
        return found

    @property
    def known_names(self) -> tuple[str, ...]:
        return self.own_names

    @property
    def script_folder(self) -> str:
        return self.folder or "data"

    @property
    def streams(self) -> bool:
        return False

    def reader(self) -> Function:
        layouts = (*self.layouts, *(f"{layout}/{inner}" for layout in self.layouts for inner in ("plain_text", "data")))
        return functional(
            "data.cifar.load_cifar",
            layouts=(".", "plain_text", "data", *layouts),
            archive=self.archive,
            source=self.source,
            label=self.label[1],
            decoding=self.decoding(),
            downloads=not self.folder,
        )

    def _find(self) -> Path:
        places = [f"{layout}/{inner}" for layout in self.layouts for inner in (self.archive, ".", "plain_text", "data")]
        return find(
            self.title,
            self.folder,
            [self.archive, *places, *([] if not self.folder else ["plain_text", "data", self.layouts[0]])],
            self._complete,
            f"{self.archive}/ or Parquet files for train and test, there or in {self.layouts[0]}/",
            lambda cache: download(self.source, cache),
        )

    def _complete(self, folder: Path) -> bool:
        return self._batches(folder) or all(_parquet(folder))

    def _batches(self, folder: Path) -> bool:
        return all((folder / name).is_file() for names in self.parts for name in names)

    def _names(self, folder: Path) -> tuple[str, ...]:
        """The classes' names, from the file that tells them."""
        file, key = self.meta
        names = unpickled(folder / file).get(key) if (folder / file).is_file() else None
        whole = isinstance(names, list) and len(names) == self.class_count
        if not isinstance(names, list) or not whole or not all(isinstance(name, str | bytes) for name in names):
            return tuple(map(str, range(self.class_count or 0)))
        return tuple(name.decode("latin1") if isinstance(name, bytes) else name for name in names)


class Cifar100(Cifar10):
    """Small pictures, [3, 32, 32], 100 classes; 50,000 for training, 10,000 for the test (Krizhevsky 2009).

    The main argument is the folder with ``cifar-100-python`` or with Parquet files; found as CIFAR-10 is.
    """

    key: ClassVar[str] = "cifar100"
    class_count: ClassVar[int | None] = 100
    title: ClassVar[str] = "CIFAR-100"
    source: ClassVar[str] = "CIFAR100"
    archive: ClassVar[str] = "cifar-100-python"
    parts: ClassVar[tuple[tuple[str, ...], tuple[str, ...]]] = (("train",), ("test",))
    meta: ClassVar[tuple[str, str]] = ("meta", "fine_label_names")
    label: ClassVar[tuple[str, str]] = ("fine_labels", "fine_label")
    own_names: ClassVar[tuple[str, ...]] = ()
    layouts: ClassVar[tuple[str, ...]] = ("cifar100", "cifar-100", "CIFAR100")


def _parquet(folder: Path) -> tuple[list[Path], list[Path]]:
    """The Parquet files of a folder to train on and to test by."""
    return sorted(folder.glob("*train*.parquet")), sorted(folder.glob("*test*.parquet"))


def _is_label(value: object, classes: int) -> bool:
    return type(value) is int and 0 <= value < classes


def _read_batches(files: list[Path], label: str, classes: int | None) -> Images:
    """The images of some files of the makers' layout, one after the other."""
    import torch

    images, labels = [], []
    for file in files:
        found = unpickled(file)
        data, told = bytes_of(found.get("data"), _PIXELS), found.get(label)
        if data is None or not isinstance(told, list):
            damaged(file, f"it does not hold `data` of {_PIXELS:,} bytes for each image, and `{label}`")
        if len(told) != len(data):
            damaged(file, f"it holds {len(told):,} labels for {len(data):,} images")
        wrong = next(((row, one) for row, one in enumerate(told) if not _is_label(one, classes or 0)), None)
        if wrong:
            damaged(file, f"label {wrong[0]:,} is {wrong[1]!r:.40}; labels are 0 to {(classes or 0) - 1}")
        images.append(torch.from_numpy(data.reshape(-1, 3, 32, 32).copy()))
        labels.append(torch.tensor(told))
    return Images(torch.cat(images), torch.cat(labels))

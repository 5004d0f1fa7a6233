"""NumPy arrays: an .npz file, or a folder of .npy files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator

from netspec.recipe.data.base import DataSet, Held
from netspec.recipe.data.finding import locate
from netspec.recipe.data.held_out import with_test
from netspec.recipe.data.labels import Classes, Targets, class_numbers, counted_from
from netspec.recipe.data.numpy_files import read_arrays
from netspec.recipe.data.problems import damaged, missing
from netspec.recipe.data.raw import Images, RawData
from netspec.recipe.function import Function, functional

if TYPE_CHECKING:
    import torch

_PARTS = {"train": ("x_train", "y_train"), "val": ("x_val", "y_val"), "test": ("x_test", "y_test")}


def _names(value: Any) -> Any:
    """Reads a list as a tuple."""
    return tuple(value) if isinstance(value, list) else value


class Arrays(DataSet):
    """NumPy arrays `x_train` and `y_train`, maybe `x_val`, `y_val`, `x_test`, `y_test`, of one .npz or in .npy files.

    Images are [N, H, W], [N, H, W, C] or [N, C, H, W], of uint8 or floats; other examples are [N, features]. Whole
    numbers in `y` are classes; floats, [N] or [N, outputs], are what a regression is to tell. Without `y` images are
    their own targets.

    Attributes:
        path: The file or the folder.
        test: As for a folder: share or number of test images where the arrays have none.
        layout: Where the channels are; None takes the last axis for them where it has 1, 3 or 4 and the second has not.
        classes: Their names; or how many there are. None counts up to the largest label.
        targets: Whether `y` tells classes or values; None takes floats for values, unless they count 0, 1, ... .
    """

    key: ClassVar[str] = "arrays"
    brings_parts: ClassVar[bool] = True
    main: ClassVar[str | None] = "path"

    path: str
    test: Held | None = None
    layout: Literal["channels_first", "channels_last"] | None = None
    classes: Annotated[Classes | tuple[str, ...] | None, BeforeValidator(_names)] = None
    targets: Targets | None = None

    def load(self) -> RawData:
        place = self.place()
        arrays, names = read_arrays(place, [name for pair in _PARTS.values() for name in pair])
        if "x_train" not in arrays:
            damaged(place, f"it has no array x_train, but {', '.join(names[:10]) or 'none'}")
        train = self._part(arrays, "train", place, self.targets)
        assert train
        # The other targets are of the same kind as those to learn from, whatever numbers happen to be among them.
        meant: Targets = "values" if train.labels is None else "classes"
        others = {part: self._part(arrays, part, place, meant) for part in ("val", "test")}
        parts: dict[str, Images | None] = {"train": train, **others}
        given = tuple(map(str, range(self.classes))) if isinstance(self.classes, int) else self.classes
        labels = train.labels
        classes = () if labels is None else given or tuple(map(str, range(int(labels.max()) + 1)))
        for part, images in parts.items():
            if images is not None:
                _check_like(train, images, classes, part, place)
        if parts["test"] is None and self.test is None:
            parts["val"], parts["test"] = None, parts["val"]
        brightest = 255.0
        if train.images.is_floating_point():
            brightest = float(train.images.abs().max()) or 1.0
        return with_test(RawData(train, parts["test"], classes, brightest, parts["val"]), self.test)

    @property
    def script_folder(self) -> str:
        return self.path

    def reader(self) -> Function:
        return functional("data.arrays.load_arrays", layout=self.layout, targets=self.targets, test=self.test)

    def place(self) -> Path:
        """The file, or the folder of files.

        Raises:
            NetspecError: NS0802: it is not there.
        """
        found, looked = locate(self.path)
        if found is None:
            expected = "an .npz file, or a folder of .npy files"
            missing(f"there are no arrays at {self.path}; looked for {looked}", expected)
        return found

    def _part(self, arrays: Mapping[str, Any], part: str, place: Path, meant: Targets | None) -> Images | None:
        """The examples of a part, or None where there are none."""
        x, y = _PARTS[part]
        if x not in arrays:
            return None
        images = _images(arrays[x], self.layout, f"{place}: {x}")
        targets = _targets(arrays[y], meant, f"{place}: {y}") if y in arrays else None
        if targets is not None and len(targets) != len(images):
            damaged(place, f"{x} has {len(images):,} examples, {y} {len(targets):,}")
        return Images(images, targets)


def _images(array: Any, layout: str | None, name: str) -> torch.Tensor:
    """An array as images [N, C, H, W] or vectors [N, features]."""
    import numpy as np
    import torch

    if array.dtype.kind not in "buif":
        damaged(name, f"its elements are {array.dtype}; images are numbers")
    if array.ndim not in (2, 3, 4) or not array.size:
        damaged(
            name, f"it is {list(array.shape)}; images are [N, H, W], [N, H, W, C] or [N, C, H, W], others [N, features]"
        )
    if array.ndim == 4 and (layout == "channels_last" or (layout is None and _ends_in_channels(array.shape))):
        array = array.transpose(0, 3, 1, 2)
    array = array[:, None] if array.ndim == 3 else array
    if array.dtype != np.uint8:
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
        wrong = ~np.isfinite(array).reshape(len(array), -1).all(1)
        if wrong.any():
            damaged(name, f"example {int(wrong.argmax()):,} holds what is no finite number")
    return torch.from_numpy(np.ascontiguousarray(array))


def _ends_in_channels(shape: tuple[int, ...]) -> bool:
    return shape[3] in (1, 3, 4) and shape[1] not in (1, 3, 4)


def _targets(array: Any, meant: Targets | None, name: str) -> torch.Tensor:
    """Classes [N], or floats [N, outputs]."""
    import numpy as np
    import torch

    if not array.ndim:
        damaged(name, "it is a single number, not one for each example")
    if array.ndim < 3 and array.dtype.kind in "buif":
        numbers = class_numbers(array, meant, name)
        if numbers is not None:
            return torch.from_numpy(numbers)
    if array.dtype.kind == "f" or (meant == "values" and array.dtype.kind in "bui"):
        with np.errstate(over="ignore"):
            found = torch.from_numpy(array.astype(np.float32))
        wrong = (~found.isfinite()).flatten(1).any(1) if found.ndim > 1 else ~found.isfinite()
        if wrong.any():
            damaged(name, f"target {int(wrong.int().argmax()):,} is no finite number")
        return found[:, None] if found.ndim == 1 else found
    if array.dtype.kind not in "bui":
        damaged(name, f"its elements are {array.dtype}; targets are whole numbers (classes) or floats")
    if array.ndim != 3:
        damaged(name, f"it is {list(array.shape)}; classes are [N], masks [N, H, W]")
    if array.size and not 0 <= array.min() <= array.max() <= 255:
        damaged(name, "masks are numbers from 0 to 255")
    return torch.from_numpy(array.astype(np.uint8))


def _check_like(train: Images, part: Images, classes: tuple[str, ...], name: str, place: Path) -> None:
    """Make sure that a part's images and targets are like those to train on."""
    x, y = _PARTS[name]
    if part.images.shape[1:] != train.images.shape[1:] or part.images.dtype != train.images.dtype:
        there, here = (f"{list(p.images.shape[1:])} of {str(p.images.dtype)[6:]}" for p in (train, part))
        damaged(place, f"examples of {x} are {here}, those of x_train {there}")
    if (part.targets is None) != (train.targets is None):
        damaged(place, f"it has {y if train.targets is None else 'y_train'} alone: all parts have targets, or none")
    if part.targets is None or train.targets is None:
        return
    if part.targets.dtype != train.targets.dtype or part.targets.shape[1:] != train.targets.shape[1:]:
        damaged(place, f"targets of {y} are not like those of y_train")
    if (labels := part.labels) is not None:
        wrong = ((labels < 0) | (labels >= len(classes))).nonzero()
        if len(wrong):
            row = int(wrong[0])
            damaged(
                f"{place}: {y}",
                f"label {int(labels[row])} of example {row:,} is out of range: there are {len(classes)} classes",
                counted_from(int(labels.min()), int(labels.max()), len(classes)),
            )

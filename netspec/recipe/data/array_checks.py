"""Checks of arrays and their targets, before anything is learned from them. Imports NumPy in its functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.recipe.data.labels import Targets, counted_from, numbers_of
from netspec.recipe.data.problems import damaged
from netspec.recipe.data.raw import IGNORED, Images

if TYPE_CHECKING:
    from torch import Tensor


def check_images(array: Any, name: str, several: bool = False) -> None:
    """Refuse an array that is no images and no vectors of finite numbers; of `several` inputs one may be numbers."""
    check_form(array, name, several)
    check_finite(array, name)


def check_form(array: Any, name: str, several: bool) -> None:
    """Refuse an array whose elements or axes are those of no images, vectors or, of `several` inputs, numbers."""
    if array.dtype.kind not in "buif":
        damaged(name, f"its elements are {array.dtype}; images are numbers")
    if array.ndim and not len(array):
        damaged(name, f"it is {list(array.shape)}: it has no examples", "its first axis counts them, from 1 on")
    if array.ndim not in ((1, 2, 3, 4, 5) if several else (2, 3, 4)) or not array.size:
        damaged(
            name, f"it is {list(array.shape)}; images are [N, H, W], [N, H, W, C] or [N, C, H, W], others [N, features]"
        )


def check_finite(array: Any, name: str, first: int = 0) -> None:
    """Refuse numbers that are not finite in float32; `first` is the number of the array's first example."""
    import numpy as np

    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            wrong = ~np.isfinite(array.astype(np.float32)).reshape(len(array), -1).all(1)
        if wrong.any():
            damaged(name, f"example {first + int(wrong.argmax()):,} holds what is no finite number")


def check_targets(array: Any, meant: Targets | None, name: str, alone: bool) -> Targets:
    """Refuse an array that is neither classes, nor values, nor masks; the meaning of its numbers."""
    if not alone and array.ndim == 3 and array.dtype.kind != "f" and meant != "values":
        damaged(name, f"it is {list(array.shape)}, masks, and these stand alone", "one of several targets is no mask")
    if not array.ndim:
        damaged(name, "it is a single number, not one for each example")
    if array.dtype.kind not in "buif":
        damaged(name, f"its elements are {array.dtype}; targets are whole numbers (classes) or floats")
    if array.dtype.kind == "f" or meant == "values" or array.ndim == 1 or array.shape[1:] == (1,):
        return "values" if numbers_of(array, meant, name).is_floating_point() else "classes"
    if meant is None and array.ndim == 2 and array.size and ((array == 0) | (array == 1)).all():
        return "values"  # labels of which an example may have several
    if array.ndim != 3:
        help = "labels of which an example may have several are values: `targets: values`" if array.ndim == 2 else None
        damaged(name, f"it is {list(array.shape)}; classes are [N], masks [N, H, W]", help)
    if array.size and not 0 <= array.min() <= array.max() <= 255:
        damaged(name, "masks are numbers from 0 to 255")
    return "classes"


def check_like(train: Images, part: Images, name: str, place: Path, told: Sequence[str]) -> None:
    """Make sure that a part's images and targets are like those to train on."""
    x, y = f"x_{name}", f"{told[0]}_{name}"
    if part.images.shape[1:] != train.images.shape[1:] or part.images.dtype != train.images.dtype:
        there, here = (f"{list(p.images.shape[1:])} of {str(p.images.dtype)[6:]}" for p in (train, part))
        damaged(place, f"examples of {x} are {here}, those of x_train {there}")
    if (part.targets is None) != (train.targets is None):
        only = y if train.targets is None else f"{told[0]}_train"
        damaged(place, f"it has {only} alone: all parts have targets, or none")
    if part.targets is None or train.targets is None:
        return
    if part.targets.dtype != train.targets.dtype or part.targets.shape[1:] != train.targets.shape[1:]:
        damaged(place, f"targets of {y} are not like those of {told[0]}_train")


def classes_in(part: Images) -> Tensor | None:
    """The classes of a part: of each example, [N], or of each pixel, [N, H, W]; None where targets are none.

    Pixels of which nothing is told have class 0 here.
    """
    targets = part.targets
    if targets is None or targets.ndim != 3 or targets.is_floating_point():
        return part.labels
    return targets.masked_fill(targets == IGNORED, 0)


def check_labels(labels: Tensor, classes: tuple[str, ...], name: str) -> None:
    """Refuse labels, of examples or of their pixels, that are no class."""
    wrong = ((labels < 0) | (labels >= len(classes))).nonzero()
    if len(wrong):
        place = tuple(wrong[0].tolist())
        damaged(
            name,
            f"label {int(labels[place])} of example {place[0]:,} is out of range: there are {len(classes)} classes",
            counted_from(int(labels.min()), int(labels.max()), len(classes)),
        )

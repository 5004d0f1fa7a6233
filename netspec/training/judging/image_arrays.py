"""Images that are arrays, as the inputs of a network that learned from images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from netspec.recipe.data.numpy_files import InMemory, examples_in
from netspec.recipe.data.problems import damaged
from netspec.training.judging.image_inputs import ImageInputs

_BATCH = 64
"""The images that are answered at once."""

_COLOURS = (1, 3, 4)
"""The channels that an image may have: gray, colours, and colours with their opacity."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A way to read an array: what its axes are.

    Attributes:
        axes: Of `N`, `C`, `H` and `W`.
        size: The height and width of an image.
    """

    axes: str
    size: tuple[int, int]

    @classmethod
    def of(cls, axes: str, shape: tuple[int, ...]) -> _Reading:
        """That of an array of a shape."""
        return cls(axes, (shape[axes.index("H")], shape[axes.index("W")]))

    def images(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The array as images [N, H, W] or [N, H, W, C]."""
        every = array if "N" in self.axes else array[None]
        return every.transpose(0, 2, 3, 1) if "CH" in self.axes else every


@dataclass(frozen=True, slots=True)
class ImageArrays:
    """The way from a file of arrays, which holds an image or several, to the inputs of a network.

    Attributes:
        images: The way of an image.
    """

    images: ImageInputs

    def __call__(self, file: Path | InMemory, device: torch.device) -> Iterator[Tensor]:
        """The inputs of the images of a file, or in memory, float32 [N, C, H, W] on a device, some at a time.

        Raises:
            NetspecError: NS0803: it cannot be read, or holds no images of the size that the run learned from.
        """
        array = examples_in(file, ("x",))["x"]
        reading = self._reading(file, array)
        every, several = reading.images(array), "N" in reading.axes
        for first in range(0, len(every), _BATCH):
            made = [
                self.images.of_pixels(every[index], f"{file}: example {index:,}" if several else str(file), device)
                for index in range(first, min(first + _BATCH, len(every)))
            ]
            yield torch.cat(made)

    def _reading(self, file: Path | InMemory, array: np.ndarray[Any, Any]) -> _Reading:
        """The way to read an array: the first that gives images of the run's size.

        Raises:
            NetspecError: NS0803: none does, or there are two that are as good as each other.
        """
        colours, size = self.images.channels > 1, self.images.size
        known = [_Reading.of(axes, array.shape) for axes in _readings(array.shape, colours)] if array.size else []
        if not known:
            expected = "an image is [H, W], [H, W, C] or [C, H, W], several are [N, ...]"
            damaged(file, f"it is {list(array.shape)}; {expected}")
        found = next((each for each in known if size in (None, each.size)), None)
        if found is None:
            self._other_size(file, array.shape)
        if found.axes == "CHW" and array.shape[0] == 4:
            one, four = ([*ends] for ends in ((1, *array.shape), (*array.shape, 1)))
            what = f"it is {list(array.shape)}: an image with its opacity, or four in gray"
            damaged(file, what, f"make it {one} for the image, {four} for the four")
        height, width = self.images.inputs.resize or (0, 0)
        if (
            size is None
            and found.axes in ("HW", "NHW", "CHW")
            and found.size[1] in {height * width * n for n in (1, 3)}
        ):
            what = f"its last axis of {found.size[1]:,} is as long as an image of {height}x{width} that is flattened"
            own = f"[{found.size[0]}, {found.size[1]}, C]"
            damaged(file, what, f"make it [N, {height}, {width}] for such images, or {own} if it is one image")
        return found

    def _other_size(self, file: Path | InMemory, shape: tuple[int, ...]) -> NoReturn:
        """Refuse an array of images that the run would have to resize, which no `resize` of its recipe says."""
        height, width = self.images.size or (0, 0)
        what = f"it is {list(shape)}, and the run learned from images of {height}x{width}"
        every = f"[N, {height}, {width}]"
        damaged(file, what, f"make it {every} or {every[:-1]}, C]; image files are resized")


def _readings(shape: tuple[int, ...], colours: bool) -> Iterator[str]:
    """The axes that an array of a shape can have, what is likelier first.

    Args:
        shape: The array's.
        colours: Whether the network takes colours: where not, three axes with no channels last are gray images.
    """
    if len(shape) == 2:
        yield "HW"
    if len(shape) in (3, 4):
        several = "N" * (len(shape) - 3)
        if shape[-1] in _COLOURS:
            yield f"{several}HWC"
        if shape[-3] in _COLOURS and (colours or several):
            yield f"{several}CHW"
    if len(shape) == 3:
        yield "NHW"

"""Images of files as the inputs of a network: read as its data set reads them, resized, normalised, and back again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor

from netspec.detectors.base import THIN, Detector
from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.files.reading import read_bounded
from netspec.functional.data.depth import Levels, shares_of
from netspec.functional.data.image_files import MOST_BYTES, Frame, Middle
from netspec.functional.data.walk import images_below
from netspec.images.door import MOST_PIXELS, Unreadable
from netspec.images.ends import HEAD, TAIL, ends_early
from netspec.recipe.data import DataSet
from netspec.recipe.data.decode import image_from, image_in, image_of, pixels
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.data.problems import damaged
from netspec.recipe.tasks import axes
from netspec.shape import Shape
from netspec.training.feeding.inputs import Inputs


@dataclass(frozen=True, slots=True)
class ImageInputs:
    """The way from an image's file to an input of a network, and back to pixels.

    Attributes:
        channels: Of the network's input, 1 or 3.
        inputs: Resizes, pads and normalises.
        brightest: The largest value that a pixel has when it is normalised.
        data: The data set whose reading of files is followed.
        detector: The kind of a detector, which takes images of any size, with exceptions; None of other networks.
        levels: The values of a pixel that become 0 and 1; None takes those of the data set, or else of 8 or 16 bits.
    """

    channels: int
    inputs: Inputs
    brightest: float
    data: DataSet
    detector: Detector | None = None
    levels: Levels | None = None

    @property
    def size(self) -> tuple[int, int] | None:
        """The height and width that every image of the data set has; None where it brings images of any size to one."""
        resizes = self.data.resize or (isinstance(self.data, Encoded) and self.data.crop)
        return None if resizes else self.inputs.resize

    @classmethod
    def of(
        cls, shape: Shape, data: DataSet, shift: Sequence[float], scale: Sequence[float], brightest: float
    ) -> ImageInputs:
        """Those of a network of a shape; images of another size are brought to it.

        Args:
            shape: Of its input, without the batch.
            data: The data set whose reading, resizing and padding is followed.
            shift: What is taken off each channel.
            scale: What each channel is divided by after that.
            brightest: The largest value of a pixel before.

        Raises:
            NetspecError: NS0804: it takes no images.
        """
        check_image(shape)
        height, width = shape[1:]
        size = data.resize or (height - 2 * data.pad[0], width - 2 * data.pad[1])
        return cls(shape[0], Inputs(size, data.pad, tuple(shift), tuple(scale)), brightest, data)

    @classmethod
    def whole(cls, data: DataSet, detector: Detector) -> ImageInputs:
        """Those of a detector: images in colours and in their own size, as shares of the brightest value."""
        return cls(3, Inputs(None, (0, 0), (0.0,), (1.0,)), 1.0, data, detector)

    def __call__(self, image: Path, device: torch.device) -> Tensor:
        """The input for an image's file, float32 [1, C, H, W] on a device.

        Raises:
            NetspecError: NS0902: the file is no image that can be read, or one that the detector cannot take.
        """
        return self._inputs(read_image(image, self.channels, self.data, self.levels), image, device)

    def of_content(self, content: bytes, name: str, device: torch.device) -> Tensor:
        """The same for the bytes of an image's file.

        Raises:
            NetspecError: NS0902: they are no image that can be read.
        """
        most, levels = _bounds(self.data, self.levels)
        try:
            read = _framed(image_of(content, self.channels, most, levels), self.channels, self.data, levels)
        except Unreadable as error:
            raise NetspecError.of(Code.FILE_UNREADABLE, f"{name}: {error}") from None
        return self._inputs(read, name, device)

    def of_pixels(self, values: np.ndarray[Any, Any], name: str, device: torch.device) -> Tensor:
        """The same for an image that is decoded, [H, W] or [H, W, C], of 8 or 16 bits or with `levels`.

        Raises:
            NetspecError: NS0803: such numbers are no pixels.
        """
        most, levels = _bounds(self.data, self.levels)
        try:
            if values.shape[0] * values.shape[1] > most:
                raise Unreadable(f"it has {values.shape[0] * values.shape[1]:,} pixels; up to {most:,} are taken")
            read = _framed(image_from(values, self.channels, levels), self.channels, self.data, levels)
        except Unreadable as error:
            damaged(name, str(error))
        return self._inputs(read, name, device)

    def of_image(self, image: Image, name: str, device: torch.device) -> Tensor:
        """The same for an image that Pillow has opened.

        Raises:
            NetspecError: NS0902: it cannot be decoded.
        """
        most, levels = _bounds(self.data, self.levels)
        try:
            read = _framed(image_in(image, self.channels, most, levels), self.channels, self.data, levels)
        except Unreadable as error:
            raise NetspecError.of(Code.FILE_UNREADABLE, f"{name}: {error}") from None
        return self._inputs(read, name, device)

    def _inputs(self, read: Tensor, image: Path | str, device: torch.device) -> Tensor:
        """The input of an image as it is read."""
        if self.detector and (reason := self.detector.untaken(*read.shape[-2:])):
            raise NetspecError.of(Code.FILE_UNREADABLE, f"{image}: {reason}", help=THIN)
        # Pixels of a file go to 255 or are shares, those of the data set go to its own brightest value.
        return self.inputs(read.to(device).float() * (self.brightest / (255 if read.dtype == torch.uint8 else 1)))

    def pixels(self, inputs: Tensor) -> Tensor:
        """An input [C, H, W], or an output like it, as the image that it was before it was normalised, uint8 from 0."""
        shift, scale = (torch.tensor(values).view(-1, 1, 1) for values in (self.inputs.shift, self.inputs.scale))
        image: Tensor = (inputs.cpu() * scale + shift) * (255 / self.brightest)
        return image.round().clamp(0, 255).to(torch.uint8)

    def unpadded(self, image: Tensor) -> Tensor:
        """An image, or a mask, [..., H, W], without the pixels that the recipe pads it with."""
        (down, across), (height, width) = self.inputs.pad, image.shape[-2:]
        return image[..., down : height - down, across : width - across]


def check_image(shape: Shape) -> None:
    """Make sure that an input is an image.

    Raises:
        NetspecError: NS0804: it is not.
    """
    if len(shape) != 3 or shape[0] not in (1, 3):
        message = f"the network takes {axes(shape)}; an image has 1 channel or 3"
        raise NetspecError.of(Code.DATA_MISMATCH, message)


def read_image(file: Path, channels: int, data: DataSet, levels: Levels | None = None) -> Tensor:
    """An image as a data set of files has its own, [1, C, H, W]: turned as its EXIF says, cropped as there.

    It is uint8; or float32 from 0 to 1 where it has more than 8 bits, or `levels` or the data set say the range of
    pixels.

    Raises:
        NetspecError: NS0902: it is no image, is cut short, is smaller than the crop, or its pixels have no range.
    """
    image = _decoded(file, channels, data, levels)
    try:
        return _framed(image, channels, data, _bounds(data, levels)[1])
    except Unreadable as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file}: {error}") from None


def _framed(image: Image, channels: int, data: DataSet, levels: Levels | None) -> Tensor:
    """A decoded image in the frame of a data set, [1, C, H, W].

    Raises:
        Unreadable: It is smaller than the crop.
    """
    frame = Frame()
    if isinstance(data, Encoded) and data.crop:
        frame = Middle(None, data.shorter, data.crop)
    elif isinstance(data, Encoded) and data.resize and data.resize[0] * data.resize[1] < image.height * image.width:
        frame = Frame(resize=data.resize)  # Pillow makes images smaller there, too
    found = pixels(image, frame)
    if levels or found.dtype != np.uint8:
        found = shares_of(found, channels, levels)
    return torch.from_numpy(found)[None]


def whole_image(file: Path, data: DataSet, levels: Levels | None = None) -> Image:
    """An image in colours of 8 bits, in its own size, turned as its EXIF says.

    Raises:
        NetspecError: NS0902: it is no image, or is cut short.
    """
    image = _decoded(file, 3, data, levels)
    if image.mode == "F":  # shares of the range of its pixels
        image = image.point(lambda share: share * 255 + 0.5).convert("L")
    return image.convert("RGB")


def _bounds(data: DataSet, levels: Levels | None) -> tuple[int, Levels | None]:
    """The most pixels of an image of a data set, and the range of its pixels: the one that is said, or the set's."""
    return (data.max_pixels, levels or data.levels) if isinstance(data, Encoded) else (MOST_PIXELS, levels)


def _decoded(file: Path, channels: int, data: DataSet, levels: Levels | None) -> Image:
    """An image as `image_of` decodes it, by the bounds of a data set."""
    bounds = _bounds(data, levels)
    content = read_bounded(file, MOST_BYTES)
    try:
        if reason := ends_early(content[:HEAD], content[-TAIL:], content):
            raise Unreadable(reason)
        return image_of(content, channels, *bounds)
    except Unreadable as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file}: {error}") from None


def image_files(given: Sequence[Path]) -> Iterator[Path | Diagnostic]:
    """The files; for a folder, all images in it and below by name, or the problem with it."""
    for path in given:
        if not os.path.isdir(path):  # noqa: PTH112 - a Path's own raises where a name is too long
            yield path
            continue
        found = images_below(path, path)
        yield from (path / name for name in found.names)
        for name, reason in found.broken:
            yield Diagnostic(Code.FILE_UNREADABLE, f"{name}: {reason}")
        if not found.names and not found.broken:
            yield Diagnostic(Code.FILE_UNREADABLE, f"{path} holds no images")

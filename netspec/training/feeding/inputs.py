"""The inputs of a network from images as they are read: resized, padded, normalised on the device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from netspec.diagnostics.numbered import numbered
from netspec.functional.fields import Field
from netspec.functional.inputs import mean_and_deviation, normalised, sized
from netspec.functional.losses import on_device
from netspec.functional.packing import ShiftScale, figures_of_fields, spread
from netspec.recipe.data import DataSet
from netspec.recipe.data.problems import mismatch


@dataclass(frozen=True)
class Inputs:
    """The change of every image, in training and for judging: resize, pad, then ``(pixel - shift) / scale``.

    Attributes:
        resize: Height and width, bilinear and antialiased; None leaves them.
        pad: Rows above and below, columns left and right, of value 0 as read.
        shift: For each channel.
        scale: For each channel.
    """

    resize: tuple[int, int] | None
    pad: tuple[int, int]
    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """The inputs of the network, float32 [N, C, H', W'], of images as read, [N, C, H, W]."""
        return self.normalise(sized(images, self.resize, self.pad))

    def normalise(self, images: Tensor) -> Tensor:
        """Images of their final size, shifted and scaled; of examples [N, features], each feature."""
        return normalised(images, *(on_device(values, images.device) for values in (self.shift, self.scale)))

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the input that an image [C, H, W] becomes."""
        if len(image) != 3:
            return image
        height, width = self.resize or image[1:]
        return image[0], height + 2 * self.pad[0], width + 2 * self.pad[1]

    def ready(self) -> Ready:
        """The inputs for images that were made inputs already."""
        return Ready(self.resize, self.pad, self.shift, self.scale)


class Ready(Inputs):
    """The inputs of images that were made inputs once, ahead of the training: they stay as they are."""

    def __call__(self, images: Tensor) -> Tensor:
        return images


@dataclass(frozen=True)
class Packed(Inputs):
    """The inputs of packed examples [N, numbers], of which each channel of each field has figures of its own.

    Attributes:
        fields: What the examples are packed of.
    """

    fields: tuple[Field, ...]

    def __call__(self, images: Tensor) -> Tensor:
        return self.normalise(images.float())

    def normalise(self, images: Tensor) -> Tensor:
        """Packed examples, shifted and scaled."""
        return normalised(images, *(each.to(images.device) for each in self._figures))

    @cached_property
    def _figures(self) -> tuple[Tensor, Tensor]:
        """Shift and scale of each number."""
        return spread(self.shift, self.fields), spread(self.scale, self.fields)


def packed_inputs(examples: Tensor, fields: tuple[Field, ...], figures: ShiftScale | None) -> Packed:
    """The change of packed examples: by the figures of an earlier run, or else by their own.

    Args:
        examples: Those to train on, [N, numbers].
        fields: What they are packed of.
        figures: Shift and scale of each channel in the earlier run.

    Raises:
        NetspecError: NS0804: the earlier run had others.
    """
    channels = sum(field.channels for field in fields)
    if figures is not None and {len(values) for values in figures} != {channels}:
        mismatch(f"the data have {channels:,} numbers for an example, those of the run had {len(figures[0]):,}")
    return Packed(None, (0, 0), *(figures or figures_of_fields(examples, fields)), fields)


def inputs_of(
    data: DataSet, images: Tensor, brightest: float, pixels: tuple[tuple[float, ...], tuple[float, ...]] | None = None
) -> Inputs:
    """The recipe's change of images.

    All are shifted and scaled alike: as those of an earlier run were, into the range that the recipe gives, by the mean
    and deviation that it gives, or else by those that each channel has over the images given, resized and padded.

    Args:
        data: The data set, whose options are followed.
        images: Those to train on as read, the held-out ones included: the figures do not change with the split.
        brightest: The largest value that a pixel can have.
        pixels: Shift and scale of each channel in the earlier run; None for data that are a run's own.

    Raises:
        NetspecError: NS0804: the data are no images of height and width, or have other channels than `mean`, or than
            the earlier run's.
    """
    channels = images.shape[1]
    if images.ndim != 4 and (data.resize or data.pad != (0, 0)):
        what = f"{data.key} gives examples of {list(images.shape[1:])}: only images can be resized and padded"
        mismatch(what, option="resize" if data.resize else "pad")
    if pixels is not None:
        if {len(values) for values in pixels} != {channels}:
            mismatch(f"the images have {channels} channels, those of the run had {len(pixels[0])}")
        return Inputs(data.resize, data.pad, *pixels)
    if data.range:
        low, high = data.range
        factor = brightest / (high - low)
        return Inputs(data.resize, data.pad, (-low * factor,) * channels, (factor,) * channels)
    if data.mean is not None and data.std is not None:
        if len(data.mean) not in (1, channels):
            what = f"`mean` and `std` have {len(data.mean)} numbers, the images have {numbered(channels, 'channel')}"
            mismatch(what, option="mean")
        every = channels // len(data.mean)
        shift, scale = (tuple(value * brightest for value in values) * every for values in (data.mean, data.std))
        return Inputs(data.resize, data.pad, shift, scale)
    figures = mean_and_deviation(images, data.resize, data.pad)
    return Inputs(data.resize, data.pad, *figures)

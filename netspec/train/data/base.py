"""What a data set is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from netspec.train.parts import Part

if TYPE_CHECKING:
    from netspec.train.data.raw import RawData


def _pixels(least: int) -> BeforeValidator:
    """Reads a number of pixels, or one for each axis, as the latter."""

    def read(value: Any) -> tuple[int, int]:
        pair = tuple(value) if isinstance(value, list | tuple) else (value, value)
        if len(pair) != 2 or any(type(number) is not int or number < least for number in pair):
            expected = "a whole number of pixels, at least {least}, or two: [vertical, horizontal]"
            raise PydanticCustomError("pixels", expected, {"least": least})
        return pair

    return BeforeValidator(read)


def _range(value: Any) -> tuple[float, float]:
    """Reads two different numbers."""
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    numbers = all(type(number) in (int, float) and math.isfinite(number) for number in pair)
    if len(pair) != 2 or not numbers or pair[0] == pair[1]:
        raise PydanticCustomError("range", "two different numbers: [darkest, brightest]")
    return float(pair[0]), float(pair[1])


class DataSet(Part):
    """Base of all data sets.

    Class attributes:
        image: Channels, height and width of an image as it is read.
        classes: Labels are 0 to one less.
        brightest: The largest value that a pixel can have; the least is 0.
        examples: Images for training, before some are held out; None where only reading them tells.

    Attributes:
        resize: Height and width to which images are resized, bilinearly and antialiased; None leaves them.
        pad: Rows above and below, and columns left and right, that are added after that, of value 0 as read.
        range: What the darkest and the brightest pixel that an image can have become, and the others linearly between
            them. Without one, pixels are brought to mean 0 and standard deviation 1.
        batch_size: Images per step; the last batch of an epoch may be smaller.
        validation: Share of the training images, of each class alike, that is held out of training and chooses the best
            checkpoint. The held-out images are the same whatever the seed. With 0 the training loss chooses.
    """

    family: ClassVar[str] = "data set"
    image: ClassVar[tuple[int, int, int]]
    classes: ClassVar[int]
    brightest: ClassVar[int] = 255
    examples: ClassVar[int | None] = None

    resize: Annotated[tuple[int, int], _pixels(1)] | None = None
    pad: Annotated[tuple[int, int], _pixels(0)] = (0, 0)
    range: Annotated[tuple[float, float], BeforeValidator(_range)] | None = None
    batch_size: int = Field(128, gt=0)
    validation: float = Field(0.0, ge=0, lt=1)

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of an image [C, H, W] once it is resized and padded."""
        channels, *size = image
        height, width = self.resize or size
        return channels, height + 2 * self.pad[0], width + 2 * self.pad[1]

    def load(self) -> RawData:
        """Read the data set into memory.

        Raises:
            NetspecError: NS0802 where it is not there, NS0803 where it is broken.
        """
        raise NotImplementedError

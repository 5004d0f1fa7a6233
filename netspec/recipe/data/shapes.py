"""Drawn objects: data for detectors that need no download."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from netspec.recipe.data.objects import Objects
from netspec.recipe.data.raw import RawData
from netspec.recipe.function import Function, functional
from netspec.recipe.parts import Size

_MOST_IMAGES = 1 << 20


def _from_to(least: int, most: int) -> BeforeValidator:
    """Reads two whole numbers in order, or one for both."""

    def read(value: Any) -> tuple[int, int]:
        pair = tuple(value) if isinstance(value, list | tuple) else (value, value)
        whole = len(pair) == 2 and all(type(number) is int for number in pair)
        if not whole or not least <= pair[0] <= pair[1] <= most:
            expected = "a whole number from {least} to {most}, or two: [least, most]"
            raise PydanticCustomError("from_to", expected, {"least": least, "most": f"{most:,}"})
        return pair[0], pair[1]

    return BeforeValidator(read)


class Shapes(Objects):
    """Circles, squares and triangles on noise, with their boxes: drawn on the spot, as many as are wanted.

    An image is a function of `seed` and its number; those for the test are others than those to train on. Objects do
    not touch: one for which no place is found is left out.

    Attributes:
        images: Images to train on.
        test: Images for the test.
        size: Height and width.
        objects: The fewest and the most objects of an image.
        sides: The least and the largest side of an object, in pixels.
        noise: The reach of the noise either way, as a share of the brightest pixel.
        seed: Seed of the images.
    """

    key: ClassVar[str] = "shapes"
    also: ClassVar[tuple[str, ...]] = ("drawn_shapes",)
    main: ClassVar[str | None] = "images"
    names: ClassVar[tuple[str, ...]] = ("circle", "square", "triangle")
    class_count: ClassVar[int | None] = len(names)

    images: int = Field(1000, ge=1, le=_MOST_IMAGES)
    test: int = Field(500, ge=0, le=_MOST_IMAGES)
    size: Size = (96, 96)
    objects: Annotated[tuple[int, int], _from_to(0, 64)] = (1, 4)
    sides: Annotated[tuple[int, int], _from_to(4, 1 << 12)] = (12, 40)
    noise: float = Field(0.1, ge=0, le=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _check_sides(self) -> Self:
        if self.sides[1] > min(self.size):
            most, (height, width) = self.sides[1], self.size
            raise ValueError(f"`sides` go up to {most}, and images of {height}x{width} hold {min(self.size)} at most")
        return self

    def reader(self) -> Function:
        options = ("images", "test", "size", "objects", "sides", "noise", "seed")
        return functional("data.drawn.load_shapes", **{name: getattr(self, name) for name in options})

    def load(self) -> RawData:
        data = self.reader()()
        return RawData(data.train, data.test, data.classes)

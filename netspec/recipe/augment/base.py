"""The base of augmentations: functions of a batch and of uniform random numbers, a few for each image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from netspec.functional.augment.scene import Scene
from netspec.recipe.function import Function, functional
from netspec.recipe.parts import Part

__all__ = ["Augmentation", "Scene"]

if TYPE_CHECKING:
    pass


class Augmentation(Part):
    """Base of all augmentations.

    Images keep the form in which they are read: uint8, or float32 from 0 to the scene's brightest. Resizing, padding
    and normalising by `data` follow. All chance is in the numbers that are given, so that one step of one
    seed is the same on every device and on any number of processes.

    Class attributes:
        drawn: The number of uniform random numbers for each image, unless options decide.
        alternates: Whether an image keeps the first of them: u in one epoch, 1 - u in the next.
        sizes: Whether images of one size come to be of several: then only images with boxes can have it.
    """

    family: ClassVar[str] = "augmentation"
    group: ClassVar[str] = "netspec.augmentations"
    told_by: ClassVar[tuple[str, ...]] = ("function",)
    drawn: ClassVar[int] = 0
    alternates: ClassVar[bool] = False
    sizes: ClassVar[bool] = False

    @property
    def numbers(self) -> int:
        """The number of uniform random numbers for each image."""
        return self.drawn

    @property
    def growth(self) -> float | None:
        """How many times as long as before an axis can become; None where the results have one size, however large."""
        return 1.0

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """The shape [C, H, W] of the results for images of a shape.

        Raises:
            ValueError: It cannot take such images, and why.
        """
        return image

    def function(self) -> Function:
        """The change of a batch: a `netspec.functional.augment.changes.Change`."""
        raise NotImplementedError

    def boxed(self) -> Function | None:
        """The change of an image with boxes, or None where it cannot move them.

        It is a `netspec.functional.augment.boxed.BoxedChange`, and takes as many numbers as the change of a batch does.
        """
        return None


class Pixelwise(Augmentation):
    """Base of those that change colours and leave every pixel where it is, so that targets stay."""

    def function(self) -> Function:
        return functional("augment.changes.recoloured", recolour=self.recolour())

    def boxed(self) -> Function | None:
        return functional("augment.boxed.recoloured_with_boxes", recolour=self.recolour())

    def recolour(self) -> Function:
        """The function that recolours images [B, C, H, W], given them, the numbers and the scene."""
        return self.ruled("augment.recolouring")


class Geometric(Augmentation):
    """Base of those that move pixels: masks and boxes are moved along.

    Class attributes:
        placed: The function in `netspec.functional.augment.places` that maps places, `flip` for `flip_places`; empty is
            the key, and None is for one that cannot move boxes.
    """

    placed: ClassVar[str | None] = ""

    def function(self) -> Function:
        return functional("augment.changes.moved", move=self.move())

    def boxed(self) -> Function | None:
        if self.placed is None or not (self.is_builtin() or self.placed):
            return None
        return functional("augment.boxed.moved_with_boxes", move=self.move(), place=self.place())

    def place(self) -> Function:
        """The function that maps places: a `netspec.functional.augment.places.Place`."""
        name = self.placed or self.key
        return Function(name if "." in name else f"netspec.functional.augment.places.{name}_places", self.placing())

    def placing(self) -> dict[str, Any]:
        """The arguments of that function."""
        return self.model_dump()

    def move(self) -> Function:
        """The function that moves images or masks [B, C, H, W], of them, numbers, fill, and whether values are kept."""
        return self.ruled("augment.geometric")


def bounds(least: float, most: float | None) -> BeforeValidator:
    """Reads two numbers in order."""

    def read(value: Any) -> tuple[float, float]:
        pair = tuple(value) if isinstance(value, list | tuple) else ()
        numbers = all(type(number) in (int, float) for number in pair)
        if len(pair) != 2 or not numbers or not least < pair[0] <= pair[1] <= (most or pair[1]):
            upper = f", at most {most:g}" if most else ""
            expected = "two numbers above {least}{upper}: [least, most]"
            raise PydanticCustomError("bounds", expected, {"least": f"{least:g}", "upper": upper})
        return float(pair[0]), float(pair[1])

    return BeforeValidator(read)


Share = Annotated[float, Field(ge=0, le=1)]
Fractions = Annotated[tuple[float, float], bounds(0, 1)]
Ratios = Annotated[tuple[float, float], bounds(0, None)]

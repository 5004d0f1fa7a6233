"""Augmentations that move pixels: mirrored, turned and cropped images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from netspec.recipe.augment.base import Fractions, Geometric, Ratios, Share
from netspec.recipe.function import Function, functional
from netspec.recipe.parts import MOST_PIXELS, Size

if TYPE_CHECKING:
    from torch import Tensor


class _Mirror(Geometric):
    """Mirrors along an axis of [B, C, H, W]."""

    main: ClassVar[str | None] = "p"
    axis: ClassVar[int]
    drawn: ClassVar[int] = 1

    placed: ClassVar[str | None] = "flip"

    p: Share = 0.5

    def move(self) -> Function:
        return functional("augment.geometric.flip", **self.placing())

    def placing(self) -> dict[str, Any]:
        return {"p": self.p, "axis": self.axis}


class Flip(_Mirror):
    """Left and right exchanged, with probability `p`."""

    key: ClassVar[str] = "flip"
    also: ClassVar[tuple[str, ...]] = ("horizontal_flip", "random_horizontal_flip", "hflip")
    axis: ClassVar[int] = 3


class AlternatingFlip(Geometric):
    """Left and right exchanged in every other epoch; each half of the images begins with the other (arXiv:2404.00498).

    So an image is seen from both sides as often, in any two epochs after each other.
    """

    key: ClassVar[str] = "alternating_flip"
    also: ClassVar[tuple[str, ...]] = ("altflip",)
    drawn: ClassVar[int] = 1
    alternates: ClassVar[bool] = True
    placed: ClassVar[str | None] = "flip"

    def move(self) -> Function:
        return functional("augment.geometric.flip", **self.placing())

    def placing(self) -> dict[str, Any]:
        return {"p": 0.5, "axis": 3}


class VerticalFlip(_Mirror):
    """Top and bottom exchanged, with probability `p`."""

    key: ClassVar[str] = "vertical_flip"
    also: ClassVar[tuple[str, ...]] = ("random_vertical_flip", "vflip")
    axis: ClassVar[int] = 2


class Affine(Geometric):
    """Turned by up to `degrees`, moved by shares of the size, scaled and sheared, all about the middle."""

    key: ClassVar[str] = "affine"
    also: ClassVar[tuple[str, ...]] = ("random_affine",)
    main: ClassVar[str | None] = "degrees"
    drawn: ClassVar[int] = 6

    degrees: float = Field(0.0, ge=0, le=180)
    translate: Share = 0.0
    scale: Ratios = (1.0, 1.0)
    shear: float = Field(0.0, ge=0, lt=90)


class Rotate(Geometric):
    """Turned by an angle up to `degrees` either way, about the middle."""

    key: ClassVar[str] = "rotate"
    also: ClassVar[tuple[str, ...]] = ("random_rotation", "rotation")
    main: ClassVar[str | None] = "degrees"
    drawn: ClassVar[int] = 1

    degrees: float = Field(gt=0, le=180)


class _Piece(Geometric):
    """Takes a piece, whose size is told apart from that of the image where places are mapped."""

    def placing(self) -> dict[str, Any]:
        options = self.model_dump()
        return {"wanted": options.pop("size"), **options}

    @property
    def growth(self) -> None:
        return None


_TRIES = 10
"""Boxes that are tried before the largest one in the middle is taken, as torchvision has it."""


class Crop(_Piece):
    """A piece of the size given, from anywhere in the image once it is padded."""

    key: ClassVar[str] = "crop"
    also: ClassVar[tuple[str, ...]] = ("random_crop",)
    main: ClassVar[str | None] = "size"
    drawn: ClassVar[int] = 2

    size: Size
    padding: int = Field(0, ge=0, le=MOST_PIXELS)
    padding_mode: Literal["constant", "reflect", "edge"] = "constant"

    @model_validator(mode="after")
    def _check_padding(self) -> Self:
        if self.padding > min(self.size):
            what = f"`padding`, {self.padding:,}, is more than the piece of {self.size[0]:,}x{self.size[1]:,}"
            raise ValueError(f"{what}: pieces could lie beside the image")
        return self

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        channels, *axes = image
        for name, there, wanted in zip(("high", "wide"), axes, self.size, strict=True):
            if there + 2 * self.padding < wanted:
                raise ValueError(f"crop wants {wanted} pixels, the padded images are {there + 2 * self.padding} {name}")
            if self.padding_mode == "reflect" and self.padding >= there:
                raise ValueError(f"crop cannot reflect {self.padding} pixels of images that are {there} {name}")
        return channels, *self.size


class RandomResizedCrop(_Piece):
    """A piece of random size and shape, resized to the size given (GoogLeNet's training, arXiv:1409.4842).

    Its area is a share of the image's in `scale`, its width over its height in `ratio`. Images that are read one by one
    from files are cropped there, in their own resolution.
    """

    key: ClassVar[str] = "random_resized_crop"
    main: ClassVar[str | None] = "size"
    drawn: ClassVar[int] = 2 * _TRIES + 2

    size: Size
    scale: Fractions = (0.08, 1.0)
    ratio: Ratios = (0.75, 4 / 3)

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        return image[0], *self.size

    def boxes(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Top, left, height and width of the pieces, in pixels of images of a size: [B, 4], whole numbers."""
        from netspec.functional.augment.geometric import random_boxes

        return random_boxes(draws, height, width, self.scale, self.ratio)

"""Judging by several views of an image. A new way is a class here and nothing else. Imports no torch."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.recipe.function import Function, functional
from netspec.recipe.parts import Part


class Views(Part):
    """Base of all: the outputs are the mean of those for some views of each image.

    Figures of the test by these outputs stand beside the plain ones, under names of their own: ``mirrored_accuracy``.
    """

    family: ClassVar[str] = "way to judge by several views"

    def function(self) -> Function:
        """The outputs [N, ...] for images [N, C, H, W], given a function of images to outputs and the images."""
        return functional(f"views.{self.key}", **self.model_dump())

    def refuse(self, image: tuple[int, ...]) -> str | None:
        """The reason why it cannot look at images [C, H, W]."""
        return None


class Mirrored(Views):
    """The image and its mirror image; with `shift`, the same of it moved by so many pixels, to both corners.

    The moved ones count half, the image where it is the other half; what comes in at an edge is reflected
    (arXiv:2404.00498).
    """

    key: ClassVar[str] = "mirrored"
    also: ClassVar[tuple[str, ...]] = ("flip", "tta", "horizontal_flip")
    main: ClassVar[str | None] = "shift"

    shift: int = Field(0, ge=0, le=64)

    def refuse(self, image: tuple[int, ...]) -> str | None:
        if self.shift < min(image[1:]):
            return None
        return f"an image of {list(image)} cannot be moved by {self.shift} pixels with its edge reflected"


def apart(figure: str) -> tuple[str, str]:
    """The way by which a figure is counted, none for a plain one, and the figure's own name: ``mirrored_accuracy``."""
    way, _, own = figure.partition("_")
    return (way, own) if own and "." not in figure and way in Views.members else ("", figure)

"""Circles, squares and triangles on noise, drawn when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.functional.data.boxed import BoxedData, BoxedRows, Truth
from netspec.functional.data.truths import truth_of

_PLACES = 20
"""Places that are tried for an object before it is left out."""

_CONTRAST = 80
"""Values of a pixel, in each channel, by which an object differs from what is behind
it, around a circle of 256."""

Drawing = np.ndarray[Any, Any]
"""An image, [3, H, W], or the pixels of a form, bool [side, side]."""


def circle(side: int) -> Drawing:
    """The pixels of a circle."""
    places = np.arange(side) + 0.5 - side / 2
    found: Drawing = places[:, None] ** 2 + places**2 <= (side / 2) ** 2
    return found


def square(side: int) -> Drawing:
    """The pixels of a square."""
    return np.ones((side, side), dtype=bool)


def triangle(side: int) -> Drawing:
    """The pixels of a triangle that stands on its base."""
    half = (np.arange(side) + 1) / 2
    found: Drawing = abs(np.arange(side) + 0.5 - side / 2) <= half[:, None]
    return found


FORMS: dict[str, Callable[[int], Drawing]] = {
    "circle": circle,
    "square": square,
    "triangle": triangle,
}
"""The forms by their names: the first and last rows and columns of each have pixels."""


@dataclass(frozen=True)
class Layout:
    """What is drawn on an image, before it is.

    Attributes:
        objects: Label, side, left and top of each.
        behind: The colour of the ground, [3] of 0 to 255.
        colours: Those of the objects, [N, 3].
    """

    objects: tuple[tuple[int, int, int, int], ...]
    behind: Drawing
    colours: Drawing


@dataclass(frozen=True)
class Drawn(BoxedRows):
    """Drawn images, each a function of the seed and its number.

    Attributes:
        seed: Seed of all of them.
        part: A number that keeps the images of one part apart from those of another.
        height: Of an image.
        width: Of an image.
        objects: The fewest and the most objects of an image.
        sides: The least and the largest side of an object, in pixels.
        noise: The reach of the noise either way, as a share of the brightest pixel.
    """

    seed: int
    part: int
    height: int
    width: int
    objects: tuple[int, int]
    sides: tuple[int, int]
    noise: float

    def name(self, row: int) -> str:
        """The image's number."""
        return f"drawn image {self.rows[row]:,}"

    def size(self, row: int) -> tuple[int, int]:
        """Height and width, which all share."""
        return self.height, self.width

    def truth(self, row: int) -> Truth:
        """The objects that are drawn."""
        objects = self.layout(self.random(row)).objects
        boxes = [(left, top, left + n, top + n) for _, n, left, top in objects]
        forms = list(FORMS.values())
        area = [forms[label - 1](side).sum() for label, side, *_ in objects]
        return truth_of(boxes, [label for label, *_ in objects], area)

    def pixels(self, row: int) -> Drawing:
        """The image, uint8 [3, H, W]."""
        random = self.random(row)
        layout = self.layout(random)
        reach, shape = round(self.noise * 255), (3, self.height, self.width)
        image = random.integers(-reach, reach + 1, shape, dtype=np.int16)
        under = np.empty_like(image)
        under[:] = layout.behind[:, None, None]
        forms = tuple(FORMS.values())
        objects = zip(layout.objects, layout.colours, strict=True)
        for (label, side, left, top), colour in objects:
            piece = under[:, top : top + side, left : left + side]
            piece[:, forms[label - 1](side)] = colour[:, None]
        return (image + under).clip(0, 255).astype(np.uint8)

    def random(self, row: int) -> np.random.Generator:
        """The random numbers of an image."""
        seeds = [self.seed, self.part, self.rows[row]]
        return np.random.Generator(np.random.PCG64(seeds))

    def layout(self, random: np.random.Generator) -> Layout:
        """What an image shows, by the first of its random numbers.

        Objects do not touch each other.
        """
        objects: list[tuple[int, int, int, int]] = []
        for _ in range(random.integers(self.objects[0], self.objects[1] + 1)):
            label = int(random.integers(1, len(FORMS) + 1))
            side = int(random.integers(self.sides[0], self.sides[1] + 1))
            most = (self.width - side + 1, self.height - side + 1)
            places = random.integers(0, most, (_PLACES, 2)).tolist()
            for left, top in places:
                own = (left, top, side)
                if not any(meet_each_other(own, (x, y, n)) for _, n, x, y in objects):
                    objects.append((label, side, left, top))
                    break
        behind = random.integers(0, 256, 3)
        turns = random.integers(_CONTRAST, 256 - _CONTRAST + 1, (len(objects), 3))
        colours = ((behind + turns) % 256).astype(np.int16)
        return Layout(tuple(objects), behind.astype(np.int16), colours)


def meet_each_other(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two squares, each by left, top and side, share a pixel or touch."""
    (left, top, side), (across, down, length) = one, other
    level = left <= across + length and across <= left + side
    return level and top <= down + length and down <= top + side


def load_shapes(
    images: int,
    test: int,
    size: tuple[int, int],
    objects: tuple[int, int],
    sides: tuple[int, int],
    noise: float,
    seed: int,
) -> BoxedData:
    """Drawn images with the boxes of what is on them; those of the test are others.

    Args:
        images: Images to train on.
        test: Images for the test.
        size: Height and width.
        objects: The fewest and the most objects of an image.
        sides: The least and the largest side of an object, in pixels.
        noise: The reach of the noise either way, as a share of the brightest pixel.
        seed: Seed of the images.
    """
    train, tested = (
        Drawn(range(count), seed, part, *size, objects, sides, noise)
        for part, count in enumerate((images, test))
    )
    return BoxedData(train, tested if test else None, None, tuple(FORMS))

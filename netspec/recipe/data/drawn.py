"""Circles, squares and triangles on noise, drawn when they are asked for. Imports NumPy in its functions alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from netspec.objects.immutable import immutable
from netspec.recipe.data.boxed import Rows, Truth

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, Any]

_TRIES = 20
"""Places that are tried for an object before it is left out."""

_CONTRAST = 80
"""Values of a pixel, in each channel, by which an object differs from what is behind it, around a circle of 256."""


def _circle(side: int) -> Numbers:
    import numpy as np

    places = np.arange(side) + 0.5 - side / 2
    return places[:, None] ** 2 + places**2 <= (side / 2) ** 2


def _square(side: int) -> Numbers:
    import numpy as np

    return np.ones((side, side), dtype=bool)


def _triangle(side: int) -> Numbers:
    import numpy as np

    half = (np.arange(side) + 1) / 2
    return abs(np.arange(side) + 0.5 - side / 2) <= half[:, None]


FORMS: dict[str, Callable[[int], Numbers]] = {"circle": _circle, "square": _square, "triangle": _triangle}
"""The pixels of a form, bool [side, side], by its name: the first and last of its rows and columns have some."""


@immutable
class Layout:
    """What is drawn on an image, before it is.

    Attributes:
        objects: Label, side, left and top of each.
        behind: The colour of the ground, [3] of 0 to 255.
        colours: Those of the objects, [N, 3].
    """

    objects: tuple[tuple[int, int, int, int], ...]
    behind: Numbers
    colours: Numbers


@immutable
class Drawn(Rows):
    """Drawn images, each a function of the seed and its number.

    Attributes:
        seed: Seed of all of them.
        part: A number that keeps the images of one part apart from those of another.
        size: Height and width.
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
        return f"drawn image {self.rows[row]:,}"

    def size(self, row: int) -> tuple[int, int]:
        return self.height, self.width

    def truth(self, row: int) -> Truth:
        objects = self._layout(self._random(row)).objects
        boxes = [(left, top, left + side, top + side) for _, side, left, top in objects]
        found = Truth.of(boxes, [label for label, *_ in objects])  # type: ignore[arg-type]
        area = [FORMS[list(FORMS)[label - 1]](side).sum() for label, side, *_ in objects]
        return Truth.of(found.boxes, found.labels, area)  # type: ignore[arg-type]

    def pixels(self, row: int) -> Numbers:
        import numpy as np

        random = self._random(row)
        layout = self._layout(random)
        reach = round(self.noise * 255)
        image = random.integers(-reach, reach + 1, (3, self.height, self.width), dtype=np.int16)
        under = np.empty_like(image)
        under[:] = layout.behind[:, None, None]
        forms = tuple(FORMS.values())
        for (label, side, left, top), colour in zip(layout.objects, layout.colours, strict=True):
            piece = under[:, top : top + side, left : left + side]
            piece[:, forms[label - 1](side)] = colour[:, None]
        return (image + under).clip(0, 255).astype(np.uint8)

    def _random(self, row: int) -> np.random.Generator:
        """The random numbers of an image."""
        import numpy as np

        return np.random.Generator(np.random.PCG64([self.seed, self.part, self.rows[row]]))

    def _layout(self, random: np.random.Generator) -> Layout:
        """What an image shows, by the first of its random numbers: objects do not touch each other."""
        import numpy as np

        objects: list[tuple[int, int, int, int]] = []
        for _ in range(random.integers(self.objects[0], self.objects[1] + 1)):
            label = int(random.integers(1, len(FORMS) + 1))
            side = int(random.integers(self.sides[0], self.sides[1] + 1))
            places = random.integers(0, (self.width - side + 1, self.height - side + 1), (_TRIES, 2)).tolist()
            for left, top in places:
                if not any(_meet((left, top, side), (across, down, other)) for _, other, across, down in objects):
                    objects.append((label, side, left, top))
                    break
        behind = random.integers(0, 256, 3)
        turns = random.integers(_CONTRAST, 256 - _CONTRAST + 1, (len(objects), 3))
        return Layout(tuple(objects), behind.astype(np.int16), ((behind + turns) % 256).astype(np.int16))


def _meet(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two squares, each by left, top and side, have a pixel in common or touch."""
    (left, top, side), (across, down, length) = one, other
    return left <= across + length and across <= left + side and top <= down + length and down <= top + side

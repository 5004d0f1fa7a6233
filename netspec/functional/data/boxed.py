"""Images with boxes around their objects, read when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

BRIGHTEST = 255.0
"""The largest value of a pixel."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What there is in an image: the ground truth.

    Attributes:
        boxes: Left, top, right and bottom in pixels, float32 [N, 4]; right and bottom
            are the edges of the last pixels.
        labels: The classes from 1, int64 [N]; 0 is the background.
        area: Pixels of each object, float32 [N].
        crowd: Whether a box is around many objects, bool [N]: nothing is learned
            from it.
    """

    boxes: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    area: np.ndarray[Any, Any]
    crowd: np.ndarray[Any, Any]

    def some(self, chosen: np.ndarray[Any, Any] | slice) -> Truth:
        """Some of the objects, by their indices, by a mask or by a slice."""
        parts = (self.boxes, self.labels, self.area, self.crowd)
        return Truth(*(part[chosen] for part in parts))


class Boxed:
    """Images with their objects, in whatever way they are kept.

    They can be handed to another process.
    """

    targets: ClassVar[Tensor | None] = None
    labels: ClassVar[Tensor | None] = None

    def __len__(self) -> int:
        """The number of images."""
        raise NotImplementedError

    def name(self, row: int) -> str:
        """The name of an image in a diagnostic."""
        raise NotImplementedError

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of an image."""
        raise NotImplementedError

    def truth(self, row: int) -> Truth:
        """What there is in an image."""
        raise NotImplementedError

    def counts(self, classes: int) -> list[int] | None:
        """The objects of each class to learn from; None where the images would tell."""
        return None

    def content(self, row: int) -> bytes | None:
        """The file of an image as it lies; None where a recipe draws it.

        Raises:
            OSError: It cannot be read.
        """
        return None

    def pixels(self, row: int) -> np.ndarray[Any, Any]:
        """An image as it is, [C, H, W].

        It is uint8, or float32 up to the same brightest value where it has 16 bits.

        Raises:
            OSError: It cannot be read.
            ValueError: It is broken, or not as large as it is said to be.
        """
        raise NotImplementedError

    def take(self, rows: Tensor) -> Boxed:
        """Some of the images, by their indices [M]."""
        return self.chosen(rows.tolist())

    def chosen(self, rows: Sequence[int]) -> Boxed:
        """The same of plain numbers."""
        raise NotImplementedError

    def to_learn(self) -> Boxed:
        """The same without boxes around crowds."""
        return self


@dataclass(frozen=True)
class BoxedRows(Boxed):
    """Base of images that are told apart by numbers, of which any may be taken.

    Attributes:
        rows: The number of each image in the whole set.
    """

    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def chosen(self, rows: Sequence[int]) -> Self:
        """Some of the images, by their indices."""
        return replace(self, rows=tuple(self.rows[row] for row in rows))


@dataclass(frozen=True)
class BoxedData:
    """A data set of images with boxes.

    Attributes:
        train: Images to train on.
        test: Images to test by; None where there are none.
        validation: Images to validate by, where the data themselves have such a part.
        classes: The names of the classes; a label is the place of one, from 1.
    """

    train: Boxed
    test: Boxed | None
    validation: Boxed | None = None
    classes: tuple[str, ...] = ()

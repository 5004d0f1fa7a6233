"""Images with boxes, as annotation files tell them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from netspec.functional.data.boxed import BRIGHTEST, BoxedRows, Truth
from netspec.functional.data.depth import shares_of


@dataclass(frozen=True)
class Annotated(BoxedRows):
    """Images whose objects are told by files.

    Attributes:
        sizes: Height and width of each, [F, 2].
        starts: The place of the first object of each, [F + 1].
        truths: The objects of all of them.
    """

    sizes: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]
    truths: Truth

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of an image."""
        height, width = self.sizes[self.rows[row]].tolist()
        return height, width

    def truth(self, row: int) -> Truth:
        """What there is in an image."""
        start, end = self.starts[self.rows[row] : self.rows[row] + 2]
        return self.truths.some(slice(start, end))

    def to_learn(self) -> Self:
        """The same without boxes around crowds."""
        kept = ~self.truths.crowd
        if kept.all():
            return self
        starts = np.concatenate([[0], kept.cumsum()])[self.starts]
        return replace(self, starts=starts, truths=self.truths.some(kept))

    def fitting(self, row: int, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """An image as it was decoded, [C, H, W], if it is as large as it is told to be.

        Raises:
            ValueError: It is not.
        """
        if image.dtype != np.uint8:
            image = shares_of(image, 3, None) * np.float32(BRIGHTEST)
        if image.shape[1:] != self.size(row):
            (tall, wide), (height, width) = image.shape[1:], self.size(row)
            said = f"its annotations say {height}x{width}"
            raise ValueError(f"it is {tall}x{wide} (height x width), and {said}")
        return image

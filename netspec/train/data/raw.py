"""A data set as it was read. Imports no torch but for type checkers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Images:
    """Images in memory.

    Attributes:
        images: [N, C, H, W], uint8; float32 where the source is float.
        targets: [N] int64 classes; or what else is to be told of an image, [N, ...].
    """

    images: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: Tensor) -> Images:
        """Some of them, by their indices [M]."""
        return Images(self.images[rows], self.targets[rows])


@dataclass(frozen=True, slots=True)
class RawData:
    """A data set as it was read.

    Attributes:
        train: To learn from; what is held out for validation is still among them.
        test: To be judged by.
        classes: Their names; a label is the index of one.
        brightest: The largest value that a pixel can have; the least is 0.
    """

    train: Images
    test: Images
    classes: tuple[str, ...]
    brightest: int = 255

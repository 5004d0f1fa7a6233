"""Images with boxes around their objects. Imports torch and NumPy in its functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    Numbers = np.ndarray[Any, Any]


BRIGHTEST = 255.0
"""The largest value of a pixel."""


@immutable
class Truth:
    """What there is in an image: the ground truth.

    Attributes:
        boxes: Left, top, right and bottom in pixels, float32 [N, 4]; right and bottom are the edges of the last pixels.
        labels: The classes from 1, int64 [N]; 0 is the background.
        area: Pixels of each object, float32 [N].
        crowd: Whether a box is around many objects, bool [N]: nothing is learned from it.
    """

    boxes: Numbers
    labels: Numbers
    area: Numbers
    crowd: Numbers

    @classmethod
    def of(cls, boxes: Numbers, labels: Numbers, area: Numbers | None = None, crowd: Numbers | None = None) -> Truth:
        """Objects, each of the area of its box and alone unless told otherwise."""
        import numpy as np

        boxes = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
        if area is None:
            area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        crowd = np.zeros(len(boxes), dtype=bool) if crowd is None else crowd
        return cls(boxes, np.asarray(labels, dtype=np.int64), np.asarray(area, dtype=np.float32), crowd)

    def take(self, chosen: Numbers) -> Truth:
        """Some of the objects, by their indices or by a mask."""
        return Truth(self.boxes[chosen], self.labels[chosen], self.area[chosen], self.crowd[chosen])

    def tensors(self) -> dict[str, Tensor]:
        """The target of an image, by the names that torchvision's detectors and torchmetrics give its parts."""
        import torch

        parts = {"boxes": self.boxes, "labels": self.labels, "area": self.area, "iscrowd": self.crowd.astype("int64")}
        return {name: torch.from_numpy(part.copy()) for name, part in parts.items()}


class Boxed:
    """Images with their objects, in whatever way they are kept. Can be handed to another process."""

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
        """The objects of each class from which something is learned; None where only drawing the images would tell."""
        return None

    def fingerprint(self) -> str | None:
        """A digest of all that is told of the images; None where their recipe alone decides them."""
        return None

    def pixels(self, row: int) -> Numbers:
        """An image as it is, [C, H, W]: uint8, or float32 up to the same brightest value where it has 16 bits.

        Raises:
            OSError: It cannot be read.
            Unreadable: It is broken, or not as large as it is said to be.
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

    def relabelled(self, labels: Sequence[int]) -> Boxed:
        """The same with the class of each object by another number.

        Args:
            labels: The number of the class at each place, both counted from 0.
        """
        return Relabelled(self, (0, *(label + 1 for label in labels)))


@immutable
class Rows(Boxed):
    """Base of images that are told apart by numbers, of which any may be taken.

    Attributes:
        rows: The number of each image in the whole set.
    """

    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def chosen(self, rows: Sequence[int]) -> Boxed:
        return replace(self, rows=tuple(self.rows[row] for row in rows))


@immutable
class Relabelled(Boxed):
    """Images whose objects have other numbers for their classes.

    Attributes:
        of: The images.
        numbers: The new number of each label, the background's first.
    """

    of: Boxed
    numbers: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.of)

    def name(self, row: int) -> str:
        return self.of.name(row)

    def size(self, row: int) -> tuple[int, int]:
        return self.of.size(row)

    def truth(self, row: int) -> Truth:
        import numpy as np

        found = self.of.truth(row)
        return replace(found, labels=np.array(self.numbers, dtype=np.int64)[found.labels])

    def counts(self, classes: int) -> list[int] | None:
        found = self.of.counts(len(self.numbers) - 1)
        if found is None:
            return None
        made = [0] * classes
        for number, count in zip(self.numbers[1:], found, strict=True):
            made[number - 1] += count
        return made

    def fingerprint(self) -> str | None:
        return self.of.fingerprint()

    def pixels(self, row: int) -> Numbers:
        return self.of.pixels(row)

    def chosen(self, rows: Sequence[int]) -> Boxed:
        return replace(self, of=self.of.chosen(rows))

    def to_learn(self) -> Boxed:
        return replace(self, of=self.of.to_learn())

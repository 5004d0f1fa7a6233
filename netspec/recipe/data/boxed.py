"""Images with boxes whose classes have other numbers. Imports NumPy in its functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.functional.data.boxed import Boxed, Truth
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, Any]


def relabelled(part: Boxed, labels: Sequence[int]) -> Boxed:
    """Images with the class of each object by another number.

    Args:
        part: The images.
        labels: The number of the class at each place, both counted from 0.
    """
    return Relabelled(part, (0, *(label + 1 for label in labels)))


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

    def content(self, row: int) -> bytes | None:
        return self.of.content(row)

    def pixels(self, row: int) -> Numbers:
        return self.of.pixels(row)

    def chosen(self, rows: Sequence[int]) -> Boxed:
        return replace(self, of=self.of.chosen(rows))

    def to_learn(self) -> Boxed:
        return replace(self, of=self.of.to_learn())

"""The inputs of a network, and what examples in one row of numbers are packed of."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

EXACT = 1 << 24
"""Whole numbers below this are kept exactly by float32, in which rows are packed."""


UNTOLD = -100
"""The target of a token that is not to be told: torch's own number for it."""


@dataclass(frozen=True)
class Field:
    """A part of packed examples.

    Attributes:
        name: The input, or the output whose targets these are.
        shape: Of one example; () is a single number.
        fixed: Channels that stay as they are, such as those of categories.
        classes: Names of the classes, where it is one class for each example.
        columns: The columns of a table that it is made of.
    """

    name: str
    shape: tuple[int, ...]
    fixed: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Numbers of an example."""
        return prod(self.shape)

    @property
    def channels(self) -> int:
        """Numbers that are shifted and scaled each by figures of its own."""
        return self.shape[0] if self.shape else 1


@dataclass(frozen=True)
class Slot:
    """An input of a network that packed examples are given to.

    Attributes:
        name: Its name.
        shape: Of one example.
        whole: Whether it takes whole numbers, int64, which are never standardised.
        below: Whole numbers are below this; None where the network does not tell.
        least: The least of the whole numbers; lengths are 1 at least.
    """

    name: str
    shape: tuple[int, ...]
    whole: bool = False
    below: int | None = None
    least: int = 0

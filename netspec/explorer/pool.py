"""Texts and values of a page's data, each kept once and named by its number."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any


class Pool:
    """Values in the order in which they were first met."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def __call__(self, value: Any) -> int:
        """The number of a value; lists in it are taken for their contents."""
        key = _hashable(value)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.values)
            self.values.append(value)
        return number


def _hashable(value: Any) -> Hashable:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value

"""The cost of evaluation: steps, one for each node of an expression and one for each element that is read."""

from __future__ import annotations

from typing import Any

MAX_STEPS = 200_000
"""The largest number of steps of one expression."""

MAX_LENGTH = 200_000
"""The largest number of elements of a list, nested ones included, and of characters of a text."""

MAX_NESTING = 64
"""The largest nesting depth of lists."""


class ExpressionError(Exception):
    """An expression has no value.

    Attributes:
        bound: Whether a bound was exceeded.
        unknown: The missing variable, if any.
        spent: Whether the steps of all expressions of one spec are spent, so that no further one has a value.
    """

    def __init__(self, message: str, *, bound: bool = False, unknown: str | None = None, spent: bool = False) -> None:
        super().__init__(message)
        self.bound = bound
        self.unknown = unknown
        self.spent = spent


class Meter:
    """The steps that remain for all expressions of one spec together."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    def spend(self, steps: int) -> None:
        """Take steps.

        Raises:
            ExpressionError: Too few are left.
        """
        self.left -= steps
        if self.left < 0:
            raise self.empty()

    def empty(self) -> ExpressionError:
        """The error to raise if no step is left."""
        message = f"the expressions of the spec take more than {self.limit:,} steps together"
        return ExpressionError(message, bound=True, spent=True)


def extent(value: Any, most: int = MAX_LENGTH) -> int:
    """The number of elements of a value: characters of a text; items of a list, and their elements per occurrence.

    Args:
        value: Any value; a number has none.
        most: Counting stops above this number, with any larger result.

    Raises:
        ExpressionError: Lists are nested too deeply.
    """
    return _extent(value, most, MAX_NESTING)


def _extent(value: Any, most: int, levels: int) -> int:
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, (tuple, list, dict)):
        return 0
    if levels == 0:
        raise ExpressionError(f"lists are nested more than {MAX_NESTING} levels deep", bound=True)
    found = len(value)
    for each in value.values() if isinstance(value, dict) else value:
        if found > most:
            break
        if isinstance(each, (str, tuple, list, dict)):
            found += _extent(each, most - found, levels - 1)
    return found

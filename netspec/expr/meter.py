"""What evaluating costs: steps, one for each node of an expression and one for each element that is touched."""

from __future__ import annotations

from typing import Any

MAX_STEPS = 200_000
"""Steps of one expression."""

MAX_LENGTH = 200_000
"""Elements of a list with those of the lists in it, and characters of a text."""

MAX_NESTING = 64
"""Lists inside each other."""


class ExpressionError(Exception):
    """An expression has no value.

    Attributes:
        bound: Whether a bound was exceeded.
        unknown: The variable that is missing, if one is.
        spent: Whether all that the expressions of one spec may cost is spent, so that no further one has a value.
    """

    def __init__(self, message: str, *, bound: bool = False, unknown: str | None = None, spent: bool = False) -> None:
        super().__init__(message)
        self.bound = bound
        self.unknown = unknown
        self.spent = spent


class Meter:
    """Steps that the expressions of one spec may still take together."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    def spend(self, steps: int) -> None:
        """Take steps.

        Raises:
            ExpressionError: There are not so many left.
        """
        self.left -= steps
        if self.left < 0:
            raise self.empty()

    def empty(self) -> ExpressionError:
        """What is raised where no step is left."""
        message = f"the expressions of the spec take more than {self.limit:,} steps together"
        return ExpressionError(message, bound=True, spent=True)


def extent(value: Any, most: int = MAX_LENGTH) -> int:
    """The elements of a value: characters of a text; of a list its items, and theirs as often as they stand in it.

    Args:
        value: Any value; a number has none.
        most: Where there are more, counting ends with any number above it.

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

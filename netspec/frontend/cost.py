"""Limits of the cost of reading a text: keys and values, copies of them, expressions, errors."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from netspec.diagnostics import Code, NetspecError, Span
from netspec.objects.immutable import mutable

MAX_VALUES = 200_000
"""The largest number of keys and values that are read, copies included."""

MAX_EXPANDED = 50_000
"""The largest number of keys and values that aliases and merge keys copy, overridden keys included."""

MAX_WRITTEN = 400_000
"""The largest number of characters in texts with expressions."""

MAX_FAULTS = 1_000
"""The number of errors after which reading stops."""


@mutable
class Cost:
    """The cost of reading one text so far.

    Attributes:
        values: Number of keys and values.
        copied: Number of copied keys and values.
        written: Number of characters in keys and values with expressions.
        faults: Errors by place.
    """

    values: int = 0
    copied: int = 0
    written: int = 0
    faults: set[tuple[Code, tuple[int, int, int, int]]] = field(default_factory=set)

    def check(self, value: Any, span: Span) -> None:
        """Check the counts, and count the expression that a key or a value may hold.

        Raises:
            NetspecError: A limit is exceeded.
        """
        if isinstance(value, str) and "$" in value:
            self.written += len(value)
        if self.copied > MAX_EXPANDED:
            message, help = f"aliases expand to more than {MAX_EXPANDED:,} values", _REPEAT
        elif self.values > MAX_VALUES:
            message, help = f"the text holds more than {MAX_VALUES:,} keys and values", _REPEAT
        elif self.written > MAX_WRITTEN:
            message = f"the expressions of the text are longer than {MAX_WRITTEN:,} characters together"
            help = "a `let` gives a name to what is computed often"
        else:
            return
        raise NetspecError.of(Code.EXPANSION_TOO_LARGE, message, span=span, help=help)


_REPEAT = "a `repeat` or a block says the same without copies"

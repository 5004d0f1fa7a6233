"""What reading a text may come to: keys and values, copies of them, expressions, errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netspec.diagnostics import Code, NetspecError, Span

MAX_VALUES = 200_000
"""Keys and values that are read at most, those that are copied among them."""

MAX_EXPANDED = 50_000
"""Keys and values that aliases and merge keys may copy, whether or not a mapping holds them already."""

MAX_WRITTEN = 400_000
"""Characters of texts with expressions in them that are read at most."""

MAX_FAULTS = 1_000
"""Errors after which a text is read no further."""


@dataclass(slots=True)
class Cost:
    """What reading one text has come to.

    Attributes:
        values: Keys and values.
        copied: Those among them that were copied.
        written: Characters of those among them that hold expressions.
        faults: Errors by their place.
    """

    values: int = 0
    copied: int = 0
    written: int = 0
    faults: set[tuple[Code, tuple[int, int, int, int]]] = field(default_factory=set)

    def check(self, value: Any, span: Span) -> None:
        """Check the counts, and count the expression that a key or a value may hold.

        Raises:
            NetspecError: There is too much.
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

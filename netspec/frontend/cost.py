"""What reading a text may come to: keys and values, copies of them, expressions, errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netspec.diagnostics import Code

MAX_VALUES = 200_000
"""Keys and values that are read at most, those that are copied among them."""

MAX_EXPANDED = 50_000
"""Keys and values that aliases and merge keys may copy, whether or not a mapping holds them already."""

MAX_WRITTEN = 400_000
"""Characters of texts with expressions in them that are read at most."""

MAX_FAULTS = 1_000
"""Errors after which a text is read no further."""


class Excess(NamedTuple):
    """What is said of a text that comes to more than is read."""

    message: str
    help: str


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

    def count(self, value: Any, copying: bool) -> Excess | None:
        """Count a key or a value; gives what to say where there are too many."""
        self.values += 1
        self.copied += copying
        if isinstance(value, str) and "$" in value:
            self.written += len(value)
        if self.copied > MAX_EXPANDED:
            return Excess(f"aliases expand to more than {MAX_EXPANDED:,} values", _REPEAT)
        if self.values > MAX_VALUES:
            return Excess(f"the text holds more than {MAX_VALUES:,} keys and values", _REPEAT)
        if self.written > MAX_WRITTEN:
            message = f"the expressions of the text are longer than {MAX_WRITTEN:,} characters together"
            return Excess(message, "a `let` gives a name to what is computed often")
        return None


_REPEAT = "a `repeat` or a block says the same without copies"

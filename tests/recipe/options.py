"""Options of parts, drawn from what their fields allow: a new part is tried without a word about it here."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from netspec.recipe.parts import MOST_COUNTED


def values(field: FieldInfo) -> st.SearchStrategy[Any]:
    """Values of an option, as its type and its bounds have them; where no upper one says much, near the lower."""
    bounds = {
        name: value
        for each in field.metadata
        for name in ("gt", "ge", "lt", "le")
        if (value := getattr(each, name, None)) is not None
    }
    if field.annotation is bool:
        return st.booleans()
    if field.annotation is int:
        low = bounds.get("ge", bounds.get("gt", 0) + 1)
        high = bounds.get("le", bounds.get("lt", low + 5) - 1)
        return st.integers(low, low + 4 if high == MOST_COUNTED else high)
    if field.annotation is float:
        low = bounds.get("ge", bounds.get("gt", 0.0) + 0.05)
        return st.floats(low, bounds.get("le", bounds.get("lt", low + 1.05) - 0.05))
    assert field.annotation == tuple[int, ...], f"nothing draws values of {field.annotation} yet"
    return st.sets(st.integers(1, 12), min_size=1, max_size=4).map(sorted)


def changed(field: FieldInfo) -> Any:
    """A value that is allowed and is not the default, for options that have one."""
    default = field.default
    if isinstance(default, bool):
        return not default
    if isinstance(default, tuple):
        return tuple(each * 0.9 for each in default)
    return default * 0.9 if isinstance(default, float) and default else default or 0.1

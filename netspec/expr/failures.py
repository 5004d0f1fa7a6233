"""Why an expression has no value, in the words of the language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    tuple: "a list",
    dict: "a mapping",
    type(None): "null",
}
_SHOWN = 40
"""Characters of a value that are shown at most."""


def unfit(op: str, left: Any, right: Any) -> str:
    """``8 + 'a'`` takes a number and text."""
    kinds = _kind(left), _kind(right)
    both = kinds[0] if kinds[0] == kinds[1] else f"{kinds[0]} and {kinds[1]}"
    return f"`{_spelt(left)} {op} {_spelt(right)}`: `{op}` does not take {both}"


def unfit_arguments(function: str, given: Sequence[Any]) -> str:
    """``len(8)``: `len` does not take a number."""
    if len(given) == 1 and given[0] == ():
        return f"`{function}` of an empty list"
    written = ", ".join(map(_spelt, given))
    call = f"{function}({written})" if function.isidentifier() else f"{function}{written}"
    return f"`{call}`: `{function}` does not take {' and '.join(map(_kind, given)) or 'nothing'}"


def no_item(value: Any, index: Any) -> str:
    """``[1, 2]`` has no item 9."""
    if isinstance(value, dict):
        return f"a mapping of {', '.join(map(_spelt, value)) or 'nothing'} has nothing at `{_spelt(index)}`"
    if not isinstance(value, (tuple, str)):
        return f"`{_spelt(value)}` is {_kind(value)}, which has no items"
    if isinstance(index, slice):
        return f"`{_spelt(value)}` is cut by whole numbers"
    if not isinstance(index, int):
        return f"an item is chosen by a whole number, not by `{_spelt(index)}`"
    items = "characters" if isinstance(value, str) else "items"
    return f"`{_spelt(value)}` has {len(value)} {items}, counted from 0, and none at {index}"


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "such a value")


def _spelt(value: Any) -> str:
    """A value as it is written in an expression, shortened."""
    text = f"[{', '.join(map(_spelt, value))}]" if isinstance(value, tuple) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."

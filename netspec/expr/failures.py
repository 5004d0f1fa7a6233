"""The reason why an expression has no value, in the words of the language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
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
"""The largest number of characters shown of a value."""

_KEYS = 12
"""The largest number of keys of a mapping, or arguments of a call, that are shown."""


def unfit(op: str, left: Any, right: Any) -> str:
    """``8 + 'a'`` takes a number and text."""
    kinds = _kind(left), _kind(right)
    both = kinds[0] if kinds[0] == kinds[1] else f"{kinds[0]} and {kinds[1]}"
    return f"`{spelt(left)} {op} {spelt(right)}`: `{op}` does not take {both}"


def no_shape(value: Any) -> str:
    """`8` is a number, and has no shape."""
    return f"`{spelt(value)}` is {_kind(value)}, and has no shape"


def unfit_arguments(function: str, given: Sequence[Any]) -> str:
    """``len(8)``: `len` does not take a number."""
    if len(given) == 1 and given[0] == ():
        return f"`{function}` of an empty list"
    written = ", ".join(map(spelt, given[:_KEYS])) + (", ..." if len(given) > _KEYS else "")
    call = f"{function}({written})" if function.isidentifier() else f"{function}{written}"
    return f"`{call}`: `{function}` does not take {' and '.join(map(_kind, given[:_KEYS])) or 'nothing'}"


def no_item(value: Any, index: Any) -> str:
    """``[1, 2]`` has no item 9."""
    if isinstance(value, dict):
        keys = ", ".join(map(spelt, islice(value, _KEYS))) + (", ..." if len(value) > _KEYS else "")
        return f"a mapping of {keys or 'nothing'} has nothing at `{spelt(index)}`"
    if not isinstance(value, (tuple, str)):
        return f"`{spelt(value)}` is {_kind(value)}, which has no items"
    if isinstance(index, slice):
        return f"`{spelt(value)}` is cut by whole numbers"
    if not isinstance(index, int):
        return f"an item is chosen by a whole number, not by `{spelt(index)}`"
    items = "characters" if isinstance(value, str) else "items"
    return f"`{spelt(value)}` has {len(value)} {items}, counted from 0, and none at {index}"


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "such a value")


def spelt(value: Any) -> str:
    """A value as written in an expression, shortened; only the part that is shown is read."""
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > _SHOWN:
            return f"{text[: _SHOWN - 3]}..."
    return text


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, tuple):
        yield "["
        for index, each in enumerate(value):
            if index:
                yield ", "
            yield from _pieces(each)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, each) in enumerate(value.items()):
            yield f"{', ' if index else ''}{key[:_SHOWN]!r}: " if isinstance(key, str) else f"{key!r}: "
            yield from _pieces(each)
        yield "}"
    else:
        yield repr(value[: _SHOWN + 1] if isinstance(value, str) else value)

"""What a block's drawing says of numbers that differ from call to call: the argument that gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netspec.picture.captions import Title, across

LONGEST = 24
"""The most characters of an argument's value."""

Arguments = Sequence[Mapping[str, Any]]
"""The arguments of the call of the block around each call of a layer."""


def plain(value: Any) -> str:
    """An argument's value as text."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    told = ", ".join(map(plain, value)) if isinstance(value, (tuple, list)) else str(value)
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"


def told(values: Sequence[Any], around: Arguments) -> str:
    """Values in all calls: one for all, else the only argument that they equal or are a multiple of, else the ends."""
    first = values[0]
    if all(_same(value, first) for value in values):
        return plain(first)
    names = [name for name in around[0] if all(map(_same, values, [each[name] for each in around]))]
    if not names and all(type(value) is int for value in values):
        shares = {name: _multiple(values, [each[name] for each in around]) for name in around[0]}
        names = [f"-{name}" if share == -1 else f"{share}·{name}" for name, share in shares.items() if share]
    return names[0] if len(names) == 1 else f"{plain(first)} … {plain(values[-1])}"


def layer_title(titles: Sequence[Title], around: Arguments) -> str:
    """The title of a layer from those of all its calls."""
    first = titles[0]
    parts = [
        part
        for part in (
            _extents([title.window for title in titles], around),
            "" if first.main is None else told([title.main for title in titles], around),
            _stride([title.stride for title in titles], around),
        )
        if part
    ]
    text = f"{first.op} {', '.join(parts)}".strip()
    return text if first.activation is None else f"{text}, {first.activation}"


def call_title(
    label: str, arguments: Sequence[Mapping[str, Any]], usual: Sequence[frozenset[str]], around: Arguments
) -> str:
    """The title of a block in a block: the arguments that are not the usual ones in all calls."""
    parts = []
    for place, name in enumerate(arguments[0]):
        if all(name in each for each in usual):
            continue
        value = told([each[name] for each in arguments], around)
        parts.append(value if place == 0 else name if value == name else f"{name} {value}")
    return f"{label} {', '.join(parts)}".strip()


def _extents(all_of: Sequence[tuple[int, ...]], around: Arguments) -> str:
    first = all_of[0]
    if all(extents == first for extents in all_of):
        return across(first)
    if all(len(extents) == len(first) and len(set(extents)) == 1 for extents in all_of):
        name = told([extents[0] for extents in all_of], around)
        if "…" not in name:
            return "×".join([name] * len(first))
    return f"{across(first)} … {across(all_of[-1])}"


def _stride(all_of: Sequence[tuple[int, ...]], around: Arguments) -> str:
    if all(max(stride, default=1) == 1 for stride in all_of):
        return ""
    if all(len(set(stride)) == 1 for stride in all_of):
        return f"/{told([stride[0] for stride in all_of], around)}"
    return f"/{_extents(all_of, around)}"


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)  # true is no 1


def _multiple(values: Sequence[int], of: Sequence[Any]) -> int:
    """How many times another number the values are, in all calls; 0 if they are not."""
    if any(type(each) is not int or each <= 0 or value % each for value, each in zip(values, of, strict=True)):
        return 0
    shares = {value // each for value, each in zip(values, of, strict=True)}
    return shares.pop() if len(shares) == 1 else 0

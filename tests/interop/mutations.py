"""Specs with one thing changed that leaves the weights as they are: a setting, an activation, an order, a drop."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Literal

import yaml

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.layers import registry

ACTIVATIONS = ("relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "hardswish", "tanh", "mish")

LIKE_A_VIEW = {"flatten", "reshape", "identity"}
"""What only lays numbers out anew: before or after what works on each number alone, it means the same."""


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """Every spec with one change: what was changed, and the text."""
    data = yaml.safe_load(text)
    for path in list(_lists(data)):
        for what, changed in _changed(list(_at(data, path))):
            copy = deepcopy(data)
            _at(copy, path)[:] = changed
            yield f"{'.'.join(map(str, path))}: {what}", yaml.safe_dump(copy, sort_keys=False)


def valid(text: str) -> api.Spec | None:
    """The spec, None if it is wrong."""
    try:
        spec = api.loads(text)
        api.generate(spec)
    except NetspecError:
        return None
    return spec


def _lists(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where lists of entries stand."""
    if isinstance(data, list):
        if any(_op(each) for each in data):
            yield path
        for index, each in enumerate(data):
            yield from _lists(each, (*path, index))
    elif isinstance(data, dict):
        for key, each in data.items():
            yield from _lists(each, (*path, key))


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _op(entry: Any) -> str | None:
    """The layer of an entry, None for blocks and wiring."""
    first = entry if isinstance(entry, str) else next(iter(entry), None) if isinstance(entry, dict) else None
    return first if first in registry() else None


def _changed(entries: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    for index, entry in enumerate(entries):
        op = _op(entry)
        if op is None:
            continue
        whole = {entry: None} if isinstance(entry, str) else entry
        for what, changed in (*_settings(op, whole), *_activations(op, whole)):
            yield f"{index}: {what}", [*entries[:index], changed, *entries[index + 1 :]]
        yield f"{index}: dropout after {op}", [*entries[: index + 1], {"dropout": 0.3}, *entries[index + 1 :]]
        if index + 1 < len(entries):
            after = _op(entries[index + 1])
            if after and after != op and not {after, op} & LIKE_A_VIEW:
                swapped = [*entries[:index], entries[index + 1], entry, *entries[index + 2 :]]
                yield f"{index}: {after} before {op}", swapped


def _activations(op: str, entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if op in ACTIVATIONS and set(entry) <= {op, "name", "inplace"}:
        for other in ACTIVATIONS:
            if other != op:
                yield f"{other} for {op}", {other if key == op else key: value for key, value in entry.items()}


def _settings(op: str, entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    layer = registry()[op]
    for name, field in layer.model_fields.items():
        key = op if name == layer.main else name
        old = entry.get(key)
        old = field.get_default() if old is None else old
        for value in _others(old, field.annotation):
            yield f"{op}, {name}: {value}", {**entry, key: value}


def _others(old: Any, annotation: Any) -> Iterator[Any]:
    if isinstance(old, bool):
        yield not old
    elif isinstance(old, float):
        yield old * 0.5 if old else 0.25
    elif isinstance(old, int):
        yield from (old + 1, old * 2)
    elif isinstance(old, str):
        for each in (annotation, *typing.get_args(annotation)):
            if typing.get_origin(each) is Literal:
                yield from (value for value in typing.get_args(each) if value != old)

"""The arguments of public functions, held against their annotations before anything begins."""

from __future__ import annotations

import builtins
import numbers
import os
from collections.abc import Callable, Collection, Mapping
from functools import cache, wraps
from inspect import signature
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from netspec.diagnostics.codes import Code
from netspec.diagnostics.diagnostic import NetspecError

P = ParamSpec("P")
R = TypeVar("R")

Device = Literal["auto", "cpu", "cuda"]
"""A device by its name; ``auto`` is CUDA where there is one."""

_WIDER: dict[Any, type] = {int: numbers.Integral, float: numbers.Real, Path: os.PathLike}
"""What is taken where these are declared: NumPy's numbers, and other paths."""


def typed(function: Callable[P, R]) -> Callable[P, R]:
    """A public function that refuses arguments of other types than it declares.

    Raises:
        NetspecError: NS0203, before anything begins.
    """
    declared = {each.name: each.annotation for each in signature(function).parameters.values()}
    names = [each.name for each in signature(function).parameters.values() if each.kind is not each.VAR_KEYWORD]

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        for name in given.keys() & names:
            value, kind = given[name], _kinds(function)[name]
            if not fits(value, kind):
                told = f"one of {', '.join(get_args(kind))}" if get_origin(kind) is Literal else f"`{declared[name]}`"
                found = (
                    repr(value)[:60] if isinstance(value, str | numbers.Number | None) else f"a {type(value).__name__}"
                )
                raise NetspecError.of(
                    Code.WRONG_TYPE, f"`{function.__name__}` takes `{name}` as {told}, and is given {found}"
                )
        return function(*args, **kwargs)

    return call


def fits(value: object, kind: Any) -> bool:
    """Whether a value is of a type; what is in an iterator is not looked at."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is None:
        number = isinstance(value, bool) and kind in (int, float)
        return isinstance(value, _WIDER.get(kind, kind)) and not number
    if origin is Callable or not isinstance(origin, type) or not issubclass(origin, Collection):
        return callable(value) if origin is Callable else any(fits(value, each) for each in inner)
    if origin is tuple:  # a shape may be a list
        return isinstance(value, list | tuple)
    if isinstance(value, str | bytes) or not isinstance(value, origin):
        return False
    if isinstance(value, Mapping) and len(inner) == 2:  # of a collection it is its keys
        return all(fits(key, inner[0]) and fits(each, inner[1]) for key, each in value.items())
    return all(fits(each, inner[0]) for each in value)


@cache
def _kinds(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of a function's arguments."""
    return get_type_hints(function, localns=_Names(function.__globals__))


class _Names(dict[str, Any]):
    """The names of a file; one that only a type checker imports is a class by its name alone."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, None) or _Unloaded(name, (), {})


class _Unloaded(type):
    """A class that is known by its name, or a module with such classes: torch may never have been imported."""

    def __getattr__(cls, name: str) -> _Unloaded:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Unloaded(name, (), {})

    def __instancecheck__(cls, value: object) -> bool:
        return cls.__name__ in {each.__name__ for each in type(value).__mro__}

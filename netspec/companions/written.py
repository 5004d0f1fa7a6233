"""The settings of a training script as statements of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netspec.backends.expressions import document, literal_text
from netspec.backends.layout import Doc, Group, Text, layout, prefixed
from netspec.companions.carrying import Name
from netspec.program.foreign import Import
from netspec.recipe.function import Function, Instance

_SHORT = {"torch.nn.functional": Import("torch.nn.functional", alias="F")}
"""Modules whose functions are called by the module's name."""


def statement(name: str, value: Any, type: str | None = None) -> str:
    """A statement that gives a setting a name: in capitals a plain value, or else functions."""
    typed = f"{name}: {type} = " if type else f"{name} = "
    return "\n".join(layout(typed, _document(value), "", 0))


def functions_in(value: Any) -> Iterator[Function]:
    """Every function in the value of a setting, those among arguments too."""
    if isinstance(value, Function):
        yield value
    inner = value.arguments if isinstance(value, Function) else value
    if isinstance(inner, (tuple, list)):
        inner = dict(enumerate(inner))
    if not isinstance(value, str) and hasattr(inner, "values"):
        for each in inner.values():
            yield from functions_in(each)


def carried_name(function: Function) -> Name | None:
    """The name of the function in netspec; None for a function of a library."""
    module, _, name = function.target.rpartition(".")
    return Name(module, name) if module.startswith("netspec.") else None


def imports_of(function: Function, carried_along: Callable[[str], bool] = lambda module: False) -> Iterator[Import]:
    """The imports that a function's expression needs; a function of a module that is carried along needs none."""
    module, _, name = function.target.rpartition(".")
    if function.arguments and not isinstance(function, Instance):
        yield Import("functools", "partial")
    if module in _SHORT:
        yield _SHORT[module]
    elif carried_name(function) is None and not carried_along(module):
        yield Import(module, name)


def _document(value: Any) -> Doc:
    if isinstance(value, Function):
        module, _, name = value.target.rpartition(".")
        called = f"{_SHORT[module].alias}.{name}" if module in _SHORT else name
        if not value.arguments and not isinstance(value, Instance):
            return Text(called)
        given = (prefixed(f"{key}=", _document(each)) for key, each in value.arguments.items())
        if isinstance(value, Instance):
            return Group(f"{called}(", tuple(given), ")")
        return Group("partial(", (Text(called), *given), ")")
    if isinstance(value, dict):
        pairs = (prefixed(f"{literal_text(key)}: ", _document(each)) for key, each in value.items())
        return Group("{", tuple(pairs), "}", "list")
    if isinstance(value, tuple):
        return Group("(", tuple(map(_document, value)), ")", "tuple")
    if isinstance(value, list):
        return Group("[", tuple(map(_document, value)), "]", "list")
    return document(value)

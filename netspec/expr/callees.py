"""Layers and blocks as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self


class Callee(str):
    """A layer or a block that an expression gives: its name, with the options that are bound to it.

    Expressions and generated source see the name alone; an entry that calls it takes the options too.

    Attributes:
        main: The bound main argument, or None.
        options: The other bound options.
        path: The place in the document where it is bound.
    """

    main: Any
    options: Mapping[str, Any]
    path: tuple[str | int, ...]

    def __new__(cls, name: str, main: Any, options: Mapping[str, Any], path: tuple[str | int, ...]) -> Self:
        self = super().__new__(cls, name)
        self.main, self.options, self.path = main, options, path
        return self

    def __repr__(self) -> str:
        given = [repr(self.main)] if self.main is not None else []
        given += [f"{name}={value!r}" for name, value in self.options.items()]
        return f"{self}({', '.join(given)})" if given else str(self)

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (str(self), self.main, self.options, self.path)

    @property
    def written(self) -> str | dict[str, Any]:
        """The value as a spec writes it: the name, or a mapping that begins with it."""
        return {str(self): self.main, **self.options} if self.main is not None or self.options else str(self)


def without_bindings(value: Any) -> Any:
    """A value with the plain names of the layers and blocks in it."""
    if isinstance(value, tuple):
        return tuple([without_bindings(each) for each in value])
    if isinstance(value, dict):
        return next(iter(value), None)
    return str.__str__(value) if isinstance(value, Callee) else value

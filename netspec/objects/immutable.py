"""Dataclasses with slots that cost little to define."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from functools import cache, cached_property
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType, FunctionType, MemberDescriptorType
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: type[T]) -> type[T]:
    """The class with the methods of ``dataclass(frozen=True, slots=True)``, made in a tenth of the time.

    `dataclass` compiles six methods for each class, and a command that takes a tenth of a second defines a hundred
    classes. Here the constructor alone is compiled, at its first call; the others are the same functions for all
    classes. A class with cached properties has no slots, since it needs a place for them.
    """
    return _with_methods(cls, {**_VALUE, **_FROZEN})  # type: ignore[no-any-return]


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def unique(cls: type[T]) -> type[T]:
    """As `immutable`, for objects that equal only themselves: ``dataclass(frozen=True, slots=True, eq=False)``."""
    return _with_methods(cls, _FROZEN)  # type: ignore[no-any-return]


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def mutable(cls: type[T]) -> type[T]:
    """As `unique`, for objects that change: ``dataclass(slots=True, eq=False)``."""
    return _with_methods(cls, {})  # type: ignore[no-any-return]


def _with_methods(cls: Any, common: Mapping[str, Any]) -> Any:
    """The class anew, with slots, a constructor and these methods."""
    namespace = {name: each for name, each in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    inherited: dict[str, Field[Any]] = {}
    for base in cls.__mro__[:0:-1]:
        inherited |= vars(base).get("__declared__", {})
    own = {
        name: _described(name, annotation, namespace.pop(name, MISSING))
        for name, annotation in namespace.get("__annotations__", {}).items()
        if not str(annotation).startswith(("ClassVar", "typing.ClassVar"))
    }
    declared = inherited | own
    compared = [name for name, each in declared.items() if each.compare]

    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        made.__init__ = _constructor(made)
        made.__init__(self, *args, **kwargs)

    methods = {
        "__init__": construct,
        "__repr__": _repr,
        "__declared__": declared,
        "__dataclass_fields__": _FIELDS,
        "__match_args__": tuple(declared),
        **({} if "__init__" in namespace else {"__signature__": _SIGNATURE}),
        "__shown__": [name for name, each in declared.items() if each.repr],
        "__compared__": attrgetter(*compared) if compared else type,
        **common,
    }
    for name, method in methods.items():
        if namespace.get(name) is None:  # a class that defines `__eq__` alone has None for its `__hash__`
            namespace[name] = method
    if not any(isinstance(each, cached_property) for each in namespace.values()):
        namespace["__slots__"] = tuple([name for name in own if name not in inherited])
    made = type(cls)(cls.__name__, cls.__bases__, {**namespace, "__qualname__": cls.__qualname__})
    return made


def _described(name: str, annotation: Any, default: Any) -> Field[Any]:
    """A field by its annotation and its default, as a class states them."""
    each: Field[Any] = default if isinstance(default, Field) else field(default=default)
    each.name, each.type = name, annotation
    return each


class _Fields:
    """``__dataclass_fields__``, which `dataclass` makes for a class when one of its functions reads it."""

    def __get__(self, instance: Any, cls: Any) -> dict[str, Field[Any]]:
        declared = cls.__declared__
        annotations = {name: each.type for name, each in declared.items()}
        alike = type(cls.__name__, (), {"__doc__": cls.__name__, "__annotations__": annotations, **declared})
        cls.__dataclass_fields__ = vars(dataclass(init=False, repr=False, eq=False)(alike))["__dataclass_fields__"]
        return cls.__dataclass_fields__  # type: ignore[no-any-return]


_FIELDS = _Fields()


class _Signature:
    """``__signature__``, by which `inspect` and `help` know a constructor that is not compiled yet."""

    def __get__(self, instance: Any, cls: Any) -> inspect.Signature:
        if "__declared__" not in vars(cls) and "__init__" in vars(cls):
            raise AttributeError(cls)  # a class below with a constructor of its own
        _, *parameters = inspect.signature(_constructor(cls)).parameters.values()
        return inspect.Signature(parameters)


_SIGNATURE = _Signature()


def _constructor(cls: Any) -> Any:
    """``__init__``, with a parameter for each field.

    Classes with as many fields share one compiled text: names, defaults and slots alone are their own.
    """
    declared: Mapping[str, Field[Any]] = cls.__declared__
    made = tuple([at for at, each in enumerate(declared.values()) if each.default_factory is not MISSING])
    code = _pattern(len(declared), made, hasattr(cls, "__post_init__")).replace(
        co_name="__init__", co_qualname=f"{cls.__qualname__}.__init__", co_varnames=("self", *declared)
    )
    names: dict[str, Any] = {"MADE": _MADE}
    defaults = []
    for at, (name, each) in enumerate(declared.items()):
        slot = getattr(cls, name, None)
        names[f"put{at}"] = slot.__set__ if isinstance(slot, MemberDescriptorType) else _putting(name)
        if at in made:
            names[f"make{at}"] = each.default_factory
            defaults.append(_MADE)
        elif each.default is not MISSING:
            defaults.append(each.default)
        elif defaults:
            raise TypeError(f"{cls.__qualname__}: `{name}`, which has no default, follows a field that has one")
    return FunctionType(code, names, "__init__", tuple(defaults))


def _putting(name: str) -> Callable[[Any, Any], None]:
    """What sets an attribute that has no slot."""
    return lambda self, value: object.__setattr__(self, name, value)


@cache
def _pattern(fields: int, made: tuple[int, ...], checked: bool) -> CodeType:
    """The code of a constructor of so many fields.

    Args:
        fields: Their number.
        made: The positions of those that a function makes anew where they are not given.
        checked: Whether ``__post_init__`` is called at the end.
    """
    body = [f" put{at}(self, {f'make{at}() if _{at} is MADE else ' * (at in made)}_{at})\n" for at in range(fields)]
    if checked:
        body.append(" self.__post_init__()\n")
    found: dict[str, Any] = {}
    parameters = ", ".join(["self", *(f"_{at}" for at in range(fields))])
    exec(f"def __init__({parameters}):\n{''.join(body) or ' pass'}", found)
    return found["__init__"].__code__  # type: ignore[no-any-return]


_MADE = object()
"""Stands for the default of a field that a function makes."""


@recursive_repr()
def _repr(self: Any) -> str:
    shown = ", ".join([f"{name}={getattr(self, name)!r}" for name in self.__shown__])
    return f"{type(self).__qualname__}({shown})"


def _equal(self: Any, other: Any) -> Any:
    return self.__compared__(self) == self.__compared__(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(self.__compared__(self))


def _refuse(self: Any, name: str, *value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__declared__]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__declared__, state, strict=True):
        object.__setattr__(self, name, value)


_VALUE = {"__eq__": _equal, "__hash__": _hash}
_FROZEN = {"__setattr__": _refuse, "__delattr__": _refuse, "__getstate__": _state, "__setstate__": _restore}

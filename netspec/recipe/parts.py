"""The building blocks of a recipe: parts, which are named choices, and settings. Imports no torch.

A part is written as an entry of the language is, its name first and its main argument as the value:
``{adamw: 2e-3, weight_decay: 0.01}``; or by its name alone where nothing else is needed: ``cross_entropy``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from netspec.choices import Choice, Registry
from netspec.frontend.schema import Form
from netspec.recipe.function import Function, functional

MOST_PIXELS = 1 << 13
"""The most pixels along an axis that a recipe can ask for: every image becomes as large."""


MOST_COUNTED = 10**9
"""The most epochs, steps or examples of a kind that a recipe can count: more than any run has."""


def pixels(least: int, both: str) -> BeforeValidator:
    """Reads a number of pixels, or one for each axis, as the latter; `both` names the axes."""

    def read(value: Any) -> tuple[int, int]:
        pair = tuple(value) if isinstance(value, list | tuple) else (value, value)
        if len(pair) != 2 or any(type(number) is not int or not least <= number <= MOST_PIXELS for number in pair):
            raise PydanticCustomError("pixels", f"a whole number of pixels, {least} to {MOST_PIXELS:,}, or two: {both}")
        return pair

    return BeforeValidator(read)


Size = Annotated[tuple[int, int], pixels(1, "[height, width]")]
"""Height and width in pixels."""


class Part(Choice):
    """Base of all parts. A direct subclass opens a family; a subclass with a `key` joins its family.

    Class attributes:
        family: The word for its members in a message: ``optimizer``.
        group: The group of entry points by which other distributions add members: ``netspec.optimizers``.
        members: The family's parts by key.
        key: The part's name in YAML.
        also: Its names in other tools and papers, for those who write these.
        rule: The name of its function, as `dotted` takes it, where `ruled` gives that; without one it is the key.
        told_by: Attributes that name a family's functions, and methods in their place: a member says one of them.
        named: Attributes that may name functions beside those.
    """

    family: ClassVar[str] = ""
    group: ClassVar[str] = ""
    members: ClassVar[Mapping[str, type[Part]]] = {}
    key: ClassVar[str] = ""
    also: ClassVar[tuple[str, ...]] = ()
    rule: ClassVar[str] = ""
    told_by: ClassVar[tuple[str, ...]] = ()
    named: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "family" in cls.__dict__:
            cls.members = Registry(cls, "key", cls.__module__.removesuffix(".base"), cls.family, cls.group)

    @classmethod
    def dotted(cls, name: str) -> str:
        """The dotted name of a function: without its file, it stands in that of the class or of a base."""
        if "." in name:
            return name
        files = [each.__module__ for each in cls.__mro__ if issubclass(each, Part)]
        return f"{next((file for file in files if hasattr(sys.modules.get(file), name)), cls.__module__)}.{name}"

    @classmethod
    def is_builtin(cls) -> bool:
        """Whether the part is netspec's own, and not a plugin's."""
        return cls.__module__.startswith("netspec.")

    def ruled(self, home: str) -> Function:
        """The part's function with its options: the one that `rule` names, or else the one that bears the part's key.

        Args:
            home: The file of `netspec.functional` that has it; that of a plugin's part stands beside its class.
        """
        options = self.model_dump()
        if self.rule or not self.is_builtin():
            return Function(self.dotted(self.rule or self.key), options)
        return functional(f"{home}.{self.key}", **options)

    @classmethod
    def faults(cls) -> list[str]:
        """What is wrong with the class as a member of its family, each as the end of a sentence about it."""
        found = []
        base = next(each for each in cls.__mro__ if "family" in each.__dict__)
        if not isinstance(cls.key, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", cls.key):
            found.append(f"has the key {cls.key!r}, which is no name in small letters")
        if cls.main is not None and cls.main not in cls.option_fields():
            found.append(f"has the main argument `{cls.main}`, which is none of its options")
        if cls.told_by and all(getattr(cls, name, None) == getattr(base, name, None) for name in cls.told_by):
            found.append(f"says none of {', '.join(f'`{name}`' for name in cls.told_by)}")
        for name in (*cls.told_by, *cls.named):
            target = getattr(cls, name, None)
            if isinstance(target, str) and target and "." not in target:
                module, _, function = cls.dotted(target).rpartition(".")
                if not hasattr(sys.modules.get(module), function):
                    found.append(f"names the function `{target}`, which its file does not have")
        return found

    def written(self) -> dict[str, Any]:
        """The part as it would be written in a spec, every option spelt out."""
        options = self.model_dump()
        return {self.key: options.pop(self.main) if self.main else None, **options}


class Settings(Form):
    """Base of settings that are no choice among parts: `ema: {decay: 0.9}`, and the recipe itself."""

    model_config = ConfigDict(allow_inf_nan=False)

    def written(self) -> dict[str, Any]:
        """The settings as they would be written in a spec, every option spelt out."""
        return {field.alias or name: _written(getattr(self, name)) for name, field in type(self).model_fields.items()}


def _written(value: Any) -> Any:
    if isinstance(value, Part | Settings):
        return value.written()
    return [_written(each) for each in value] if isinstance(value, tuple) else value

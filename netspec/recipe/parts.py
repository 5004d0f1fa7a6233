"""The building blocks of a recipe: parts, which are named choices, and settings. Imports no torch.

A part is written as an entry of the language is, its name first and its main argument as the value:
``{adamw: 2e-3, weight_decay: 0.01}``; or by its name alone where nothing else is needed: ``cross_entropy``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from netspec.choices import Choice, Registry
from netspec.frontend.schema import Form

_MOST = 1 << 13
"""The most pixels along an axis that a recipe can ask for: every image becomes as large."""


def pixels(least: int, both: str) -> BeforeValidator:
    """Reads a number of pixels, or one for each axis, as the latter; `both` names the axes."""

    def read(value: Any) -> tuple[int, int]:
        pair = tuple(value) if isinstance(value, list | tuple) else (value, value)
        if len(pair) != 2 or any(type(number) is not int or not least <= number <= _MOST for number in pair):
            raise PydanticCustomError("pixels", f"a whole number of pixels, {least} to {_MOST:,}, or two: {both}")
        return pair

    return BeforeValidator(read)


Size = Annotated[tuple[int, int], pixels(1, "[height, width]")]
"""Height and width in pixels."""


class Part(Choice):
    """Base of all parts. A direct subclass opens a family; a subclass with a `key` joins its family.

    Class attributes:
        family: The word for its members in a message: ``optimizer``.
        members: The family's parts by key.
        key: The part's name in YAML.
        also: Its names in other tools and papers, for those who write these.
    """

    family: ClassVar[str] = ""
    members: ClassVar[Mapping[str, type[Part]]] = {}
    key: ClassVar[str] = ""
    also: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "family" in cls.__dict__:
            cls.members = Registry(cls, "key", cls.__module__.removesuffix(".base"))

    @classmethod
    def dotted(cls, name: str) -> str:
        """The dotted name of a function: one that is named without its file stands in that of the class."""
        return name if "." in name else f"{cls.__module__}.{name}"

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

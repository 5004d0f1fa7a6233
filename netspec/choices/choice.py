"""The base class of named choices.

A choice is written with its name first, its main argument as the name's value, and its options beside it:
``{conv: 64, kernel: 3}``, ``{adamw: 2e-3, weight_decay: 0.01}``; or as its name alone if it needs nothing else.

Annotations are not postponed here: pydantic evaluates those of every base anew for every class. Those of class
attributes it need not evaluate again, since it notes their names.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Choice(BaseModel):
    """Base of all layers and of all parts of a recipe: a class whose fields are its options.

    Class attributes:
        main: Option that the main argument sets, or None where it takes none.
        listed: Whether its name is one that a spec may write.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    main: ClassVar[str | None] = None
    listed: ClassVar[bool] = True

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        for name in cls.__class_vars__:
            cls.__annotations__.pop(name, None)

    @classmethod
    @cache
    def option_fields(cls) -> Mapping[str, str]:
        """The attribute of each option: it has the option's name, unless a rule has that name already."""
        return {field.alias or name: name for name, field in cls.model_fields.items()}

    @classmethod
    @cache
    def required(cls) -> tuple[str, ...]:
        """The options without a default."""
        return tuple(option for option, name in cls.option_fields().items() if cls.model_fields[name].is_required())

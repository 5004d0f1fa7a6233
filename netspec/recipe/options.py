"""Settings of a recipe that are no choice among parts, but options alone: `ema: {decay: 0.9}`. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from netspec.recipe.findings import Findings, Path, shown
from netspec.recipe.parts import Part, read_part

O = TypeVar("O", bound="Options")  # noqa: E741


class Options(BaseModel):
    """Base of all such settings.

    Class attributes:
        title: What they are, in the words of a message: ``ema``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, populate_by_name=True)

    title: ClassVar[str] = ""

    def written(self) -> dict[str, Any]:
        """The settings as they would be written in a spec, every option spelt out."""
        return self.model_dump(by_alias=True)


def read_options(kind: type[O], value: Any, path: Path, findings: Findings) -> O | None:
    """The settings that `value` writes, or None after noting what is wrong with them.

    Args:
        kind: The class of the settings.
        value: A mapping of options.
        path: Where the value stands.
        findings: Takes what is wrong.
    """
    names = {field.alias or name for name, field in kind.model_fields.items()}
    before = len(findings)
    if not isinstance(value, Mapping):
        allowed = ", ".join(f"`{name}`" for name in sorted(names))
        findings.add(f"this is no {kind.title}", path, found=shown(value), expected=f"a mapping of {allowed}")
        return None
    parts = {name: part for name, field in kind.model_fields.items() if (part := _part(field.annotation))}
    values = {
        key: read_part(parts[key], each, (*path, key), findings) if key in parts and each is not None else each
        for key, each in value.items()
    }
    if len(findings) > before:
        return None
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        findings.extend(error, lambda name: (*path, name), names, kind.title)
        return None


def _part(annotation: Any) -> type[Part] | None:
    """The family of parts that a setting holds one of."""
    kinds = (annotation, *get_args(annotation))
    return next((each for each in kinds if isinstance(each, type) and issubclass(each, Part)), None)

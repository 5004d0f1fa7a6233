"""The parts of a recipe: a named choice with typed options, each written in one class. Imports no torch.

A part is written as an entry of the language is, its name first and its main argument as the value:
``{adamw: 2e-3, weight_decay: 0.01}``; or by its name alone where nothing else is needed: ``cross_entropy``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, cast

from pydantic import ValidationError

from netspec.choices import Choice, Registry
from netspec.diagnostics import did_you_mean
from netspec.recipe.findings import Findings, Path, shown

P = TypeVar("P", bound="Part")


class Part(Choice):
    """Base of all parts. A direct subclass opens a family; a subclass with a `key` joins its family.

    Class attributes:
        family: What the members are, in the words of a message: ``optimizer``.
        members: The family's parts by key.
        key: The part's name in YAML.
        also: What other tools and papers call it, for those who write that.
    """

    family: ClassVar[str] = ""
    members: ClassVar[Mapping[str, type[Part]]] = {}
    key: ClassVar[str] = ""
    also: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if "family" in cls.__dict__:
            cls.members = Registry(cls, "key", cls.__module__.removesuffix(".base"))

    def written(self) -> dict[str, Any]:
        """The part as it would be written in a spec, every option spelt out."""
        options = self.model_dump()
        return {self.key: options.pop(self.main) if self.main else None, **options}


def read_part(family: type[P], value: Any, path: Path, findings: Findings) -> P | None:
    """The part that `value` writes, or None after noting what is wrong with it.

    Args:
        family: The family's base class.
        value: A name, or a mapping whose first key is a name.
        path: Where the value stands.
        findings: Takes what is wrong.
    """
    written = {value: None} if isinstance(value, str) else value
    names = ", ".join(f"`{n}`" for n in sorted(family.members))
    if not isinstance(written, Mapping) or not written:
        findings.add(f"this is no {family.family}", path, found=shown(value), expected=f"one of {names}")
        return None
    key, main = next(iter(written.items()))
    kind = family.members.get(key)
    if kind is None:
        later = next((k for k in written if k in family.members), None)
        help = f"write `{later}` first: the first key names the {family.family}" if later else None
        if isinstance(main, str) and main in family.members:
            help = f"the name is the key: write `{main}: ...`"
        place = path if isinstance(value, str) else (*path, key)
        findings.add(
            f"there is no {family.family} `{key}`",
            place,
            key=not isinstance(value, str),
            expected=f"one of {names}",
            help=help or did_you_mean(_known_as(str(key), family), family.members),
        )
        return None
    return cast("P | None", _fill(kind, main, {k: v for k, v in written.items() if k != key}, path, findings))


def _known_as(name: str, family: type[Part]) -> str:
    """The key of the member that other tools call by that name; the name itself where none does."""
    plain = _plain(name)
    return next((key for key, part in family.members.items() if plain in map(_plain, (key, *part.also))), name)


def _plain(name: str) -> str:
    """A name without what tools write in different ways: `CosineAnnealingLR`, `cosine-annealing-lr`."""
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("loss").removesuffix("lr")


def _fill(kind: type[Part], main: Any, options: dict[str, Any], path: Path, findings: Findings) -> Part | None:
    """The part with its options, or None after noting what is wrong with them."""
    if kind.main is None and main is not None:
        findings.add(f"{kind.key} takes no value", (*path, kind.key), found=shown(main), expected="nothing after it")
        return None
    if kind.main in options:
        help = f"write `{kind.key}: {options[kind.main]}`"
        findings.add(f"`{kind.main}` is the value of `{kind.key}` itself", (*path, kind.main), key=True, help=help)
        return None
    if kind.main and main is not None:
        options[kind.main] = main

    def place(field: str) -> Path:
        return (*path, kind.key if field == kind.main else field)

    try:
        return kind.model_validate(options)
    except ValidationError as error:
        findings.extend(error, place, set(kind.model_fields) - {kind.main or ""}, kind.key)
        return None

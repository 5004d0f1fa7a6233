"""What a program calls that is neither torch's nor netspec's own: classes and functions of plugins."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.objects.immutable import immutable


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """``from module import name as alias``; without a name, ``import module as alias``."""

    module: str
    name: str = ""
    alias: str = ""

    @property
    def binds(self) -> str:
        """The name that it binds."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def dotted(self) -> str:
        """What that name then means."""
        if self.name:
            return f"{self.module}.{self.name}"
        return self.module if self.alias else self.module.partition(".")[0]


@dataclass(frozen=True, slots=True, order=True)
class Definition:
    """A statement of a plugin's file that built source carries along, as its author wrote it."""

    file: str
    line: int
    text: str
    names: tuple[str, ...]


@immutable
class Foreign:
    """What a `Call` names besides torch's and netspec's own.

    Attributes:
        target: Its target, as the layer emits it.
        name: What built source calls it.
        imports: What built source imports for it: itself, or what its definitions use.
        definitions: What built source carries along; none where it is imported.
    """

    target: str
    name: str
    imports: tuple[Import, ...]
    definitions: tuple[Definition, ...] = ()

"""Foreign targets of a program's calls, neither torch's nor netspec's: classes and functions of plugins."""

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
        """The dotted name that it imports."""
        if self.name:
            return f"{self.module}.{self.name}"
        return self.module if self.alias else self.module.partition(".")[0]


@dataclass(frozen=True, slots=True, order=True)
class Definition:
    """A statement of a plugin's file that built source carries along unchanged."""

    file: str
    line: int
    text: str
    names: tuple[str, ...]


@immutable
class Foreign:
    """A target of a `Call` that is neither torch's nor netspec's.

    Attributes:
        target: The target as emitted by the layer.
        name: Its name in built source.
        imports: The imports of built source for it: itself, or the names that its definitions use.
        definitions: The definitions that built source carries along; none if it is imported.
    """

    target: str
    name: str
    imports: tuple[Import, ...]
    definitions: tuple[Definition, ...] = ()

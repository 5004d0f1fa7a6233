"""Foreign targets of a program's calls, neither torch's nor netspec's: classes and functions of plugins."""

from __future__ import annotations

from netspec.objects.immutable import immutable


@immutable
class Import:
    """``from module import name as alias``; without a name, ``import module as alias``."""

    module: str
    name: str = ""
    alias: str = ""

    def __lt__(self, other: Import) -> bool:
        return (self.module, self.name, self.alias) < (other.module, other.name, other.alias)

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


@immutable
class Definition:
    """A statement of a plugin's file that built source carries along unchanged."""

    file: str
    line: int
    text: str
    names: tuple[str, ...]

    def __lt__(self, other: Definition) -> bool:
        return (self.file, self.line, self.text, self.names) < (other.file, other.line, other.text, other.names)


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

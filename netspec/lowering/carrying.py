"""A definition of a plugin's file with all its dependencies, so that built source can carry it along."""

from __future__ import annotations

import builtins
from pathlib import Path

from netspec.program.foreign import Definition, Import
from netspec.program.python_file import PythonFile, reads

FUTURE = Import("__future__", "annotations")


class NotCarried(Exception):
    """A definition cannot be carried along; the message is the reason, as the rest of a sentence about it."""


class PluginFile(PythonFile):
    """The statements of a plugin's file, by the names that they bind.

    Raises:
        NotCarried: It cannot be read.
    """

    def __init__(self, path: str) -> None:
        try:
            super().__init__(path, Path(path).read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError) as error:
            raise NotCarried(f"cannot be read from {path}: {error}") from None

    def closure(self, name: str) -> tuple[tuple[Import, ...], tuple[Definition, ...]]:
        """The definition of a name and all its dependencies: imports, and definitions in the file's order.

        Raises:
            NotCarried: The file does not define the name, or does not define one of its dependencies.
        """
        if name not in self.definitions:
            raise NotCarried(f"is not defined in {self.path}")
        imports: set[Import] = {FUTURE} if FUTURE in self.imports.get("annotations", ()) else set()
        made: set[Definition] = set()
        pending, seen = [name], {name}
        while pending:
            here = pending.pop()
            imports.update(self.imports.get(here, ()))
            for definition in self.definitions.get(here, ()):
                if definition in made:
                    continue
                made.add(definition)
                needed, asked = reads(definition.text)
                known = self.definitions.keys() | self.imports.keys()
                if strange := sorted(needed - known - set(dir(builtins)) - {"__name__", "__file__"}):
                    raise NotCarried(f"reads `{strange[0]}`, which no statement of {self.path} defines")
                pending.extend(each for each in sorted((needed | asked) & known) if each not in seen)
                seen |= needed | asked
        return tuple(sorted(imports)), tuple(sorted(made))

"""The definitions of `netspec.functional` that a training script needs, cut out of its files. Imports no torch."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from netspec.companions.called import Called
from netspec.companions.docstrings import shortened
from netspec.companions.specialising import specialised
from netspec.companions.unused import without_unused
from netspec.objects.immutable import immutable
from netspec.program.foreign import Definition, Import
from netspec.program.python_file import PythonFile, reads

HOME = "netspec.functional"
SCRIPT = f"{HOME}.script."
"""The prefix of the files that read settings."""

SETTINGS = f"{SCRIPT}settings"
"""The file of the settings, whose names a recipe gives other values."""


@immutable
class Name:
    """A name of a file of `netspec.functional`."""

    file: str
    name: str


class File(PythonFile):
    """A file of `netspec.functional`, as its settings leave it.

    Attributes:
        statements: The texts of its statements, in order, each with the remarks on it.
        binds: The index of the statement that binds each name.
        own: Names that it imports from other files, with their names there.
    """

    def __init__(self, text: str) -> None:
        self.statements: list[str] = []
        self.binds: dict[str, int] = {}
        self.own: dict[str, Name] = {}
        super().__init__("", text)

    def note(self, statement: ast.stmt) -> None:
        """Note a statement, or a remark on the one before; the file's own docstring is left out."""
        if not isinstance(statement, ast.Expr):
            super().note(statement)
        elif self.statements:
            self.statements[-1] += f"\n{self.text(statement)}"

    def note_import(self, made: Import) -> None:
        """Note an import, from another file or from elsewhere."""
        if made.module.startswith(f"{HOME}."):
            self.own[made.binds] = Name(made.module, made.name)
        else:
            super().note_import(made)

    def define(self, statement: ast.stmt) -> Definition:
        """Note a statement that is no import."""
        made = super().define(statement)
        self.binds.update(dict.fromkeys(made.names, len(self.statements)))
        self.statements.append(shortened(made.text))
        return made


class Carried:
    """The definitions of some names, with all that they read.

    Attributes:
        imports: Their imports from elsewhere.
        settings: Names of the settings that they read.
    """

    def __init__(self, settings: Mapping[str, Any], kinds: Sequence[str] = ()) -> None:
        """Begin with nothing.

        Args:
            settings: Their values.
            kinds: Folders of `netspec.functional.script` whose files take the place of its own of the same names.
        """
        self._values, self._files, self._kinds = settings, dict[str, File](), kinds
        self._roots: list[Name] = []
        self._begin()

    def _begin(self) -> None:
        self.imports: set[Import] = set()
        self.settings: set[str] = set()
        self._taken: dict[str, set[int]] = {}
        self._seen: set[Name] = set()

    def add(self, *roots: Name) -> None:
        """Carry names, with the names that their statements read."""
        self._roots += roots
        pending = list(roots)
        while pending:
            here = pending.pop()
            if here in self._seen:
                continue
            self._seen.add(here)
            if here.file == SETTINGS:
                self.settings.add(here.name)
                continue
            file = self._file(here.file)
            place = file.binds[here.name]
            taken = self._taken.setdefault(here.file, set())
            if place not in taken:
                taken.add(place)
                pending += self.needed(here.file, file.statements[place])

    def holds(self, name: Name) -> bool:
        """Whether a name is among those carried."""
        return name in self._seen

    def prune(self, more: Sequence[str] = ()) -> None:
        """Leave out methods that nothing calls, and fields that nothing gives or reads, with the names in them alone.

        Args:
            more: Texts of others, and of the settings.
        """
        while True:
            texts = [*self.texts(of_script=False), *self.texts(of_script=True)]
            called = Called(texts, more)
            pruned = False
            for name, taken in self._taken.items():
                statements = self._file(name).statements
                for place in taken:
                    left = without_unused(statements[place], called)
                    pruned, statements[place] = pruned or left != statements[place], left
            if not pruned:
                return
            roots, self._roots = self._roots, []
            self._begin()
            self.add(*roots)

    def needed(self, name: str, text: str) -> list[Name]:
        """The names of `netspec.functional` that a text of a file reads; its other imports are noted."""
        file = self._file(name)
        names = _read(text)
        self.imports.update(made for each in names for made in file.imports.get(each, ()))
        return [
            *(Name(name, each) for each in names if each in file.binds),
            *(file.own[n] for n in names if n in file.own),
        ]

    def texts(self, *, of_script: bool) -> list[str]:
        """The texts of the definitions, each after those that it needs.

        Args:
            of_script: Whether to give those that read settings, or all others.
        """
        found: list[str] = []
        for name in self._in_order():
            if name.startswith(SCRIPT) == of_script:
                found += [self._file(name).statements[place] for place in sorted(self._taken[name])]
        return found

    def _in_order(self) -> list[str]:
        """The files, each after those that it imports."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            for other in sorted({each.file for each in self._file(name).own.values()} - {SETTINGS}):
                visit(other)
            if name in self._taken:
                order[name] = None

        for name in sorted(self._taken):
            visit(name)
        return list(order)

    def _file(self, name: str) -> File:
        if name not in self._files:
            asked = {each: self._values.get(each) for each in _asked(name)}
            text = specialised(_text(name), asked) if asked else _text(name)
            file = self._files[name] = copy(_parsed(text))
            file.statements = list(file.statements)  # some of their methods may be left out
            file.own = {bound: Name(_place(made.file, self._kinds), made.name) for bound, made in file.own.items()}
        return self._files[name]


def annotation(setting: str) -> str:
    """The type of a setting, as the file of the settings writes it."""
    typed = (each for each in ast.parse(_text(SETTINGS)).body if isinstance(each, ast.AnnAssign))
    return next(ast.unparse(each.annotation) for each in typed if ast.unparse(each.target) == setting)


@cache
def _asked(name: str) -> tuple[str, ...]:
    """The settings that a file imports."""
    nodes = (each for each in ast.parse(_text(name)).body if isinstance(each, ast.ImportFrom))
    return tuple(each.name for node in nodes if node.module == SETTINGS for each in node.names)


@cache
def _place(name: str, kinds: Sequence[str]) -> str:
    """The file that a script of some kinds has in the place of one."""
    found = (name.replace(SCRIPT, f"{SCRIPT}{kind}.") for kind in kinds if name.startswith(SCRIPT))
    return next((each for each in found if _path(each).is_file()), name)


@lru_cache(256)
def _parsed(text: str) -> File:
    return File(text)


@lru_cache(4096)
def _read(text: str) -> tuple[str, ...]:
    """The names that a statement reads."""
    needed, asked = reads(text)
    return tuple(sorted(needed | asked))


@cache
def _text(name: str) -> str:
    return _path(name).read_text(encoding="utf-8")


def _path(name: str) -> Path:
    return Path(__file__).parents[1].joinpath(*name.split(".")[1:]).with_suffix(".py")

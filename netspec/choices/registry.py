"""The choices of a family, found in the files of a package: a new choice needs only a new file with its class."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Generic, NoReturn, TypeVar

from netspec.choices.choice import Choice
from netspec.choices.installed import load_installed
from netspec.diagnostics import Code, NetspecError

C = TypeVar("C", bound=Choice)


def imported(package: str) -> list[ModuleType]:
    """The files of a package as modules, by name: importing them makes their classes and functions known."""
    files = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return [importlib.import_module(f"{package}.{name}") for name in sorted(each.name for each in files)]


class Registry(Mapping[str, type[C]], Generic[C]):
    """The classes of a family by name.

    Names are read from the texts of the files, in order, and a file is imported at the first use of one of its classes:
    a spec uses about ten of a hundred. Other distributions add theirs by entry points, a user by a file of Python.

    Args:
        base: The family's base class.
        attribute: The class attribute that holds a name, written on a separate line: ``op: ClassVar = "conv"``.
        home: The package whose files hold the classes, or the one module that does.
        word: The word for a member of the family, for messages: ``layer``.
        group: The group of entry points by which other distributions add theirs; empty for none.
    """

    def __init__(self, base: type[C], attribute: str, home: str, word: str, group: str = "") -> None:
        self._base, self._word, self._group = base, word, group
        self._attribute = attribute
        self._home = home
        self._classes: dict[str, type[C]] = {}

    @cached_property
    def _modules(self) -> dict[str, str]:
        """The module of each class at home, by the class's name."""
        line = re.compile(rb'\n    %s: ClassVar(?:\[str\])? = "(\w+)"(?![^\n])' % self._attribute.encode())
        home = Path(str(sys.modules[self._home].__file__))
        files = {self._home: home}
        if home.name == "__init__.py":
            files = {f"{self._home}.{file.stem}": file for file in sorted(home.parent.glob("*.py"))}
        found: dict[str, str] = {}
        for module, file in files.items():
            for name in line.findall(file.read_bytes()):
                if found.setdefault(name.decode(), module) != module:  # imports both, to tell them apart
                    importlib.import_module(module)
        return found

    @cached_property
    def _names(self) -> dict[str, None]:
        if self._group:
            load_installed(self._group, self._base)
        for name in [getattr(cls, self._attribute) for cls in self._defined()]:
            if name in self._modules:  # a class from elsewhere clashes with the home class of its name
                importlib.import_module(self._modules[name])
        self._note_classes()
        return dict.fromkeys([*self._modules, *self._classes])

    def renew(self) -> None:
        """Take in the classes that were defined since, and leave out those that have lost their names.

        Raises:
            NetspecError: NS0906: two classes bear one name.
        """
        self.__dict__.pop("_names", None)
        self._classes = {name: cls for name, cls in self._classes.items() if getattr(cls, self._attribute) == name}
        len(self._names)

    def sort(self) -> None:
        """Sort the names."""
        self._names = dict.fromkeys(sorted(self._names))

    def _note_classes(self) -> None:
        for cls in self._defined():
            name = getattr(cls, self._attribute)
            known = self._classes.setdefault(name, cls)
            if known is not cls:
                one, other = sorted(f"{each.__module__}.{each.__qualname__}" for each in (known, cls))
                self.refuse(name, one, other)

    def _defined(self) -> Iterator[type[C]]:
        """The classes that have been imported."""
        pending: list[type[C]] = [self._base]
        for cls in pending:  # the list grows during the walk
            pending += cls.__subclasses__()
            if cls.__dict__.get(self._attribute) and cls.listed:
                yield cls

    def refuse(self, name: str, one: str, other: str) -> NoReturn:
        """Raise NS0906 for two classes with the same name."""
        raise NetspecError.of(Code.PLUGIN_FAILED, f"two classes define the {self._word} `{name}`: {one} and {other}")

    def __getitem__(self, name: str) -> type[C]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._classes:
            importlib.import_module(self._modules[name])
            self._note_classes()
        return self._classes[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

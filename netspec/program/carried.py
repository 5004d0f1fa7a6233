"""The classes and functions of `netspec.nn`, which generated source carries along with all that their files import.

Their files are read instead of imported, since an import would import torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from netspec.objects.immutable import immutable
from netspec.program.foreign import Import
from netspec.program.python_file import PythonFile

OWN = "netspec.nn."
"""The beginning of their targets, and of the files that they import from each other."""

_DEFINITION = re.compile(r"^(class|def) (\w+)", re.MULTILINE)


@immutable
class Carried:
    """What a source carries of `netspec.nn`.

    Attributes:
        texts: The texts of its statements, each behind those that it reads.
        imports: The imports from elsewhere that bind the other names that they read.
    """

    texts: tuple[str, ...]
    imports: frozenset[Import]


def carried_classes() -> tuple[str, ...]:
    """The name of each class."""
    return tuple(name for kind, name in _homes() if kind == "class")


def carried_functions() -> tuple[str, ...]:
    """The name of each function: activations without a torch function."""
    return tuple(name for kind, name in _homes() if kind == "def")


def carried(names: Iterable[str]) -> Carried:
    """The statements of classes and functions, by their names, with all that they read."""
    texts: dict[str, None] = {}
    imports: set[Import] = set()
    seen: set[tuple[str, str]] = set()
    homes = {name: module for (_, name), module in _homes().items()}

    def take(module: str, name: str) -> None:
        if (module, name) in seen:
            return
        seen.add((module, name))
        file = _file(module)
        for made in file.imports.get(name, ()):
            if made.module.startswith(OWN):
                take(made.module, made.name)
            else:
                imports.add(made)
        for definition in file.definitions.get(name, ()):
            for needed in file.needed(definition):
                take(module, needed)
            texts.setdefault(definition.text)

    for name in sorted(names):
        take(homes[name], name)
    return Carried(tuple(texts), frozenset(imports))


@cache
def _file(module: str) -> PythonFile:
    """The statements of a file, which is parsed where it is asked for: most networks carry none."""
    return PythonFile(module, _texts()[module])


@cache
def _homes() -> Mapping[tuple[str, str], str]:
    """The file of each class and each function."""
    return {(each[1], each[2]): module for module, text in _texts().items() for each in _DEFINITION.finditer(text)}


@cache
def _texts() -> Mapping[str, str]:
    """The text of each file, by its dotted name."""
    root = Path(__file__).parents[1] / "nn"
    files = {file.relative_to(root).with_suffix("").parts: file for file in sorted(root.rglob("*.py"))}
    return {OWN + ".".join(parts): file.read_text(encoding="utf-8") for parts, file in files.items()}

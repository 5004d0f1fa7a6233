"""The classes and functions of `netspec.nn`, which generated source carries along.

Their files are read instead of imported, since an import would import torch.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from netspec.program.python_file import reads

OWN = "netspec.nn."
"""The beginning of their targets."""

_DEFINITION = re.compile(r"^(class|def) (\w+)", re.MULTILINE)


def carried_classes() -> tuple[str, ...]:
    """The name of each class."""
    return tuple(name for kind, name in _homes() if kind == "class")


def carried_functions() -> tuple[str, ...]:
    """The name of each function: activations without a torch function."""
    return tuple(name for kind, name in _homes() if kind == "def")


def carried_text(name: str) -> str:
    """The text of a class or a function."""
    return _cut(next(text for (_, defined), text in _homes().items() if defined == name), name)


def needed_by(names: Iterable[str]) -> list[str]:
    """The names, and those of the classes and functions that their texts use, each behind what it uses."""
    found: dict[str, None] = {}
    known = {name for _, name in _homes()}

    def take(name: str) -> None:
        needed, asked = reads(carried_text(name))
        for other in sorted((needed | asked) & known - {name}):
            take(other)
        found.setdefault(name)

    for name in sorted(names):
        take(name)
    return list(found)


@cache
def _cut(text: str, name: str) -> str:
    """The text of a class or a function of a file, which is parsed where it is asked for: most networks carry none."""
    nodes = (node for node in ast.parse(text).body if isinstance(node, (ast.ClassDef, ast.FunctionDef)))
    return ast.get_source_segment(text, next(node for node in nodes if node.name == name)) or ""


@cache
def _homes() -> dict[tuple[str, str], str]:
    """The file of each class and each function, as its text."""
    files = sorted((Path(__file__).parent.parent / "nn").rglob("*.py"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    return {(match[1], match[2]): text for text in texts for match in _DEFINITION.finditer(text)}

"""A definition of a plugin's file with all its dependencies, so that built source can carry it along."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from pathlib import Path

from netspec.program.foreign import Definition, Import

FUTURE = Import("__future__", "annotations")


class NotCarried(Exception):
    """A definition cannot be carried along; the message is the reason, as the rest of a sentence about it."""


class PluginFile:
    """The statements of a plugin's file, by the names that they bind.

    Raises:
        NotCarried: It cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.text = Path(path).read_text(encoding="utf-8")
            tree = ast.parse(self.text)
        except (OSError, SyntaxError, ValueError) as error:
            raise NotCarried(f"cannot be read from {path}: {error}") from None
        self.lines = self.text.splitlines(keepends=True)
        self.definitions: dict[str, list[Definition]] = {}
        self.imports: dict[str, list[Import]] = {}
        for statement in tree.body:
            self._note(statement)

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

    def _note(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import(names=names):
                for each in names:
                    self._import(_canonical(each.name, each.asname))
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for each in names:
                    if each.name != "*":
                        self._import(Import(module, each.name, "" if each.asname == each.name else each.asname or ""))
            case ast.If(test=test, body=body, orelse=[]) if "TYPE_CHECKING" in ast.unparse(test):
                for inner in body:
                    self._note(inner)
            case _:
                self._define(statement)

    def _import(self, made: Import) -> None:
        self.imports.setdefault(made.binds, []).append(made)

    def _define(self, statement: ast.stmt) -> None:
        first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
        text = "".join(self.lines[first - 1 : statement.end_lineno]).rstrip()
        table = symtable.symtable(text, self.path, "exec")
        names = tuple(sorted(s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()))
        for name in names:
            self.definitions.setdefault(name, []).append(Definition(self.path, first, text, names))


def reads(text: str) -> tuple[set[str], set[str]]:
    """Outer names that a statement of a file reads, and those that it may read: its classes bind them too."""
    needed = set(_quoted(ast.parse(text)))
    asked: set[str] = set()
    pending = [(symtable.symtable(text, "", "exec"), True)]
    while pending:
        table, top = pending.pop()
        for symbol in table.get_symbols():
            if not symbol.is_referenced():
                continue
            if (top and not symbol.is_assigned()) or (not top and symbol.is_global()):
                needed.add(symbol.get_name())
            elif table.get_type() == "class" or top:
                asked.add(symbol.get_name())
        pending.extend((child, False) for child in table.get_children())
    return needed - _own(text), asked


def _own(text: str) -> set[str]:
    """Names that a statement binds in the file itself."""
    return {s.get_name() for s in symtable.symtable(text, "", "exec").get_symbols() if s.is_assigned()}


def _quoted(tree: ast.Module) -> Iterator[str]:
    """Names in annotations that are written as texts."""
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            written = getattr(node, field, None)
            for each in ast.walk(written) if isinstance(written, ast.AST) else ():
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    try:
                        inner = ast.parse(each.value, mode="eval")
                    except (SyntaxError, ValueError):
                        continue  # the text of a Literal
                    yield from (part.id for part in ast.walk(inner) if isinstance(part, ast.Name))


def _canonical(module: str, alias: str | None) -> Import:
    """``import torch.nn as nn`` in the form of built source, ``from torch import nn``."""
    head, _, last = module.rpartition(".")
    return Import(head, last) if alias == last and head else Import(module, "", alias or "")

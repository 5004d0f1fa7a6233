"""The statements of a Python file, by the names that they bind, to be carried into generated source."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator

from netspec.program.changes import changes
from netspec.program.foreign import Definition, Import


class NotCarried(Exception):
    """A definition cannot be carried along; the message is the reason, as the rest of a sentence about it."""


class PythonFile:
    """The statements of a Python file.

    Attributes:
        definitions: The statements that bind each name or change what it is bound to, without imports.
        imports: The imports that bind each name.

    Raises:
        SyntaxError: The text is no Python.
        ValueError: It holds a null byte.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = text.splitlines(keepends=True)
        self.definitions: dict[str, list[Definition]] = {}
        self.imports: dict[str, list[Import]] = {}
        body = [each for each in ast.parse(text).body if not _is_main(each)]
        for statement in body:
            self.note(statement)
        for statement, changed in zip(body, changes(body), strict=True):
            self.note_changes(statement, changed)

    def note(self, statement: ast.stmt) -> None:
        """Note a statement of the file's top level, or of a block for type checkers alone."""
        match statement:
            case ast.Import(names=names):
                for each in names:
                    self.note_import(_canonical(each.name, each.asname))
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for each in names:
                    if each.name != "*":
                        alias = each.asname or ""
                        self.note_import(Import(module, each.name, "" if alias == each.name else alias))
            case ast.If(test=test, body=body, orelse=[]) if "TYPE_CHECKING" in ast.unparse(test):
                for inner in body:
                    self.note(inner)
            case _:
                self.define(statement)

    def note_changes(self, statement: ast.stmt, changed: set[str]) -> None:
        """Note a statement as one of each name whose object it changes: ``TABLE["a"] = 1``, ``register(Gate)``."""
        for name in sorted(changed & self.definitions.keys()):
            if (made := self.made(statement)) not in self.definitions[name]:
                self.definitions[name].append(made)

    def note_import(self, made: Import) -> None:
        """Note an import."""
        self.imports.setdefault(made.binds, []).append(made)

    def needed(self, definition: Definition) -> list[str]:
        """The names of the file that a statement reads.

        Raises:
            NotCarried: It reads a name that no statement of the file binds.
        """
        needed, asked = reads(definition.text)
        known = self.definitions.keys() | self.imports.keys()
        if strange := sorted(needed - known - set(dir(builtins)) - {"__name__", "__file__"}):
            raise NotCarried(f"reads `{strange[0]}`, which no statement of {self.path} defines")
        return sorted((needed | asked) & known)

    def text(self, statement: ast.stmt) -> str:
        """The text of a statement, with its decorators."""
        return "".join(self.lines[_first(statement) - 1 : statement.end_lineno]).rstrip()

    def made(self, statement: ast.stmt) -> Definition:
        """A statement, with the names that it binds."""
        text = self.text(statement)
        table = symtable.symtable(text, self.path, "exec")
        names = tuple(sorted(s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()))
        return Definition(self.path, _first(statement), text, names)

    def define(self, statement: ast.stmt) -> Definition:
        """Note a statement that is no import."""
        made = self.made(statement)
        for name in made.names:
            self.definitions.setdefault(name, []).append(made)
        return made


def _first(statement: ast.stmt) -> int:
    """The first line of a statement, with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _is_main(statement: ast.stmt) -> bool:
    """Whether a statement is for a file that is run as a script alone."""
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test) and not statement.orelse


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

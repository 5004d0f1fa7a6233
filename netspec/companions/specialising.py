"""A source for given settings: without the branches that they rule out.

Where ``CLIP`` is None, ``if CLIP is not None:`` goes with all below it, ``CLIP is None and more`` becomes ``more``, and
statements behind a ``return`` that is always reached go too. The rest stays as it was written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = (ast.Name, ast.Constant, ast.Tuple, ast.UnaryOp, ast.Compare, ast.unaryop, ast.cmpop, ast.expr_context)


def specialised(text: str, settings: Mapping[str, Any]) -> str:
    """A source whose names in `settings` have those values.

    Args:
        text: A source of netspec's own, as ruff lays it out.
        settings: Names that no function of the source binds itself.
    """
    text = _with_decided_expressions(text, settings)
    return "".join(_Lines(text, settings).block(ast.parse(text).body, 1))


def decided(test: ast.expr, settings: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds; None where the settings leave it open."""
    if isinstance(test, ast.BoolOp):
        known = [decided(each, settings) for each in test.values]
        decisive = isinstance(test.op, ast.Or)
        return decisive if decisive in known else None if None in known else not decisive
    nodes = list(ast.walk(test))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    if not names or not names <= settings.keys() or not all(isinstance(node, _PLAIN) for node in nodes):
        return None
    return bool(eval(compile(ast.Expression(test), "", "eval"), {"__builtins__": {}}, dict(settings)))


def _with_decided_expressions(text: str, settings: Mapping[str, Any]) -> str:
    """The source with ``a if SETTING else b`` and parts of ``and`` and ``or`` decided."""
    while True:
        tree, source = ast.parse(text), text.encode()
        starts = [0, *(place + 1 for place, sign in enumerate(source) if sign == ord("\n"))]

        def span(node: ast.expr, starts: list[int] = starts) -> slice:
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            return slice(starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset)

        edit = next(((span(old), span(new)) for node in ast.walk(tree) for old, new in _decided(node, settings)), None)
        if edit is None:
            return text
        old, new = edit
        text = (source[: old.start] + source[new] + source[old.stop :]).decode()


def _decided(node: ast.AST, settings: Mapping[str, Any]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each expression that is decided, with the part of it that remains."""
    if isinstance(node, ast.IfExp) and (found := decided(node.test, settings)) is not None:
        yield node, node.body if found else node.orelse
    elif isinstance(node, ast.BoolOp) and decided(node, settings) is None:
        open_ones = [each for each in node.values if decided(each, settings) is None]
        if len(open_ones) < len(node.values):
            first, last = open_ones[0], open_ones[-1]
            rest = ast.BoolOp(node.op, open_ones, lineno=first.lineno, col_offset=first.col_offset)
            rest.end_lineno, rest.end_col_offset = last.end_lineno, last.end_col_offset
            yield node, rest


class _Lines:
    """The lines of a source that its settings leave in."""

    def __init__(self, text: str, settings: Mapping[str, Any]) -> None:
        self.lines, self.settings = text.splitlines(keepends=True), settings

    def block(self, body: list[ast.stmt], start: int) -> list[str]:
        """The lines of statements that follow each other, with the comments before them, from a line on."""
        made: list[str] = []
        for statement in body:
            assert statement.end_lineno is not None
            own, ends = self.statement(statement)
            if own:
                made += [*self.lines[start - 1 : _first(statement) - 1], *own]
            if ends:
                break
            start = statement.end_lineno + 1
        return made

    def statement(self, statement: ast.stmt) -> tuple[list[str], bool]:
        """The lines of a statement, and whether the statements behind it are never reached."""
        if isinstance(statement, ast.If):
            return self.choice(statement)
        made, line = [], _first(statement)
        for body in _bodies(statement):
            start = self.start(body)
            made += [*self.lines[line - 1 : start - 1], *self.block(body, start)]
            line = (body[-1].end_lineno or 0) + 1
        return [*made, *self.lines[line - 1 : statement.end_lineno]], False

    def choice(self, statement: ast.If) -> tuple[list[str], bool]:
        """The lines of an ``if`` with its ``elif`` and ``else``."""
        made: list[str] = []
        node: ast.If | None = statement
        while node is not None:
            found, body = decided(node.test, self.settings), node.body
            if found is None:
                start = self.start(body)
                head = self.lines[node.lineno - 1 : start - 1]
                head[0] = head[0].replace("elif ", "if ", 1) if not made else head[0]
                made += [*head, *self.block(body, start)]
            follows = node.orelse[0] if len(node.orelse) == 1 else None
            chained = isinstance(follows, ast.If) and self.lines[follows.lineno - 1].lstrip().startswith("elif ")
            rest = body if found else [] if chained else node.orelse
            if rest:
                last = self.block(rest, self.start(rest))
                if made:
                    indent = " " * statement.col_offset
                    return [*made, f"{indent}else:\n", *last], False
                return _moved(last), _ends(rest)
            node = follows if chained and isinstance(follows, ast.If) else None
        return made, False

    def start(self, body: list[ast.stmt]) -> int:
        """The line where a block begins, with the comments before its first statement."""
        line = _first(body[0])
        while self.lines[line - 2].lstrip().startswith("#"):
            line -= 1
        return line


def _moved(lines: list[str]) -> list[str]:
    """Lines one level further out."""
    return [line[4:] if line.startswith("    ") else line for line in lines]


def _ends(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], (ast.Return, ast.Raise))


def _first(statement: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _bodies(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a statement, in their order."""
    handlers = [each.body for each in getattr(statement, "handlers", ())]
    first, other, last = (getattr(statement, name, []) for name in ("body", "orelse", "finalbody"))
    return [body for body in (first, *handlers, other, last) if body]

"""The docstrings of a script: shorter than those of netspec's own source."""

from __future__ import annotations

import ast
from collections.abc import Callable

_LEFT_OUT = ("Args:", "Returns:", "Raises:")
"""Sections that names and types tell in a script, whose reader has all of it before him."""


def shortened(text: str) -> str:
    """A definition whose docstrings are without sections on arguments, results and errors."""
    return _changed(text, lambda paragraphs: [each for each in paragraphs if not each[0].strip().startswith(_LEFT_OUT)])


def without_attribute(text: str, name: str) -> str:
    """A class whose docstring does not speak of an attribute."""
    return _changed(text, lambda paragraphs: [each for part in paragraphs if (each := _without_entry(part, name))])


def _without_entry(paragraph: list[str], name: str) -> list[str]:
    """The lines of a section without an entry, none where it was the only one; of another paragraph all."""
    if paragraph[0].strip() != "Attributes:":
        return paragraph
    indent = len(paragraph[1]) - len(paragraph[1].lstrip())
    kept: list[str] = []
    takes = True
    for line in paragraph[1:]:
        if len(line) - len(line.lstrip()) == indent:
            takes = not line.lstrip().startswith(f"{name}:")
        kept += [line] if takes else []
    return [paragraph[0], *kept] if kept else []


def _changed(text: str, change: Callable[[list[list[str]]], list[list[str]]]) -> str:
    """A definition with the paragraphs of its docstrings changed; the first is as it was."""
    lines = text.splitlines()
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for node in sorted(nodes, key=lambda each: -each.body[0].lineno):
        told = node.body[0]
        if ast.get_docstring(node) is None or told.end_lineno in (None, told.lineno):
            continue
        first, last = told.lineno - 1, told.end_lineno or 0
        start, *more = _paragraphs(lines[first : last - 1])
        rest = change(more)
        if len(rest) < len(more) or rest != more:
            lines[first:last] = _written([start, *rest], lines[last - 1])
    return "\n".join(lines)


def _paragraphs(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        else:
            found.append([])
    return found


def _written(paragraphs: list[list[str]], end: str) -> list[str]:
    """The lines of a docstring, in one if it can be."""
    lines = [line for each in paragraphs for line in ["", *each]][1:]
    return [f'{lines[0]}"""'] if len(lines) == 1 else [*lines, end]

"""Texts of a spec as docstrings: inert for any content, and laid out so that ruff leaves them unchanged."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from netspec.backends.layout import WIDTH

INDENT = "    "


def docstring(doc: Sequence[str]) -> list[str]:
    """Lines of the docstring of a class; none if it is empty."""
    paragraphs = textwrap.dedent("\n".join(_inert(line) for line in doc)).strip().splitlines()
    if not paragraphs:
        return []
    lines = [part for line in paragraphs for part in _folded(line)]
    if lines[0].startswith('"'):
        lines[0] = f"\\{lines[0]}"
    if len(lines) > 1:
        return [f'{INDENT}"""{lines[0]}', *(f"{INDENT}{line}" if line else "" for line in lines[1:]), f'{INDENT}"""']
    return [f'{INDENT}"""{_ended(lines[0])}"""']


def _ended(line: str) -> str:
    """A line with its last quote escaped, so that the closing quotes can follow."""
    body = line.removesuffix('"')
    escaped = (len(body) - len(body.rstrip("\\"))) % 2 == 1
    return line if body == line or escaped else f'{body}\\"'


def _folded(line: str) -> list[str]:
    """A line in pieces that fit between the quotes; it is broken at spaces."""
    width = WIDTH - len(f'{INDENT}""""""')
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


def _inert(line: str) -> str:
    """A line for a docstring: backslashes, triple quotes and unprintable characters are escaped."""
    line = line.expandtabs(4)
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return plain.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip()

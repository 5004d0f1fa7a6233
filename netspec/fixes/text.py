"""A spec's text and edits of it, by the paths of its values: flow and block style both, every other byte kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from netspec.diagnostics import Edit, Span
from netspec.frontend.scalars import flow
from netspec.frontend.source import Path_, Source

Edits = tuple[Edit, ...]
"""Edits that belong together; none where something cannot be done."""

_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""YAML 1.1's line breaks, by which the parser counts lines."""


def numeral(value: float) -> str:
    """A number in digits: 3 for 3.0."""
    return str(int(value)) if value == int(value) else f"{value:.12g}"


def first_line(text: str) -> str:
    """A text of several lines, shortened for a title."""
    first, *others = text.splitlines()
    return f"{first} ..." if others else first


def inner(value: Any) -> str:
    """A value for use within an expression: an expression without its ``$``."""
    text = str(value)
    return text[2:-1] if text.startswith("$(") else text.removeprefix("$")


def together(*parts: Edits) -> Edits:
    """The edits of all parts; none where one part cannot be done."""
    return tuple(edit for part in parts for edit in part) if all(parts) else ()


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with edits made; they must not overlap."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < done:
            raise ValueError(f"edits overlap at {edit.start}")
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*pieces, text[done:]])


class Text:
    """A text, read or not, with edits for its places.

    Attributes:
        source: The read text; without values where YAML could not read it.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        breaks = [match.end() for match in _BREAKS.finditer(self.text)]
        self.lines = [int(self.text.startswith("\ufeff")), *breaks]
        self.newline = "\r\n" if "\r\n" in self.text else "\n"

    def offset(self, line: int, column: int) -> int:
        """The character at a line and column, both counted from 1."""
        if line > len(self.lines):
            return len(self.text)
        return min(self.lines[line - 1] + column - 1, len(self.text))

    def range(self, span: Span) -> tuple[int, int]:
        """Start and end of a span in the text."""
        return self._ends((span.line, span.column, span.end_line, span.end_column))

    def _ends(self, place: tuple[int, int, int, int]) -> tuple[int, int]:
        return self.offset(*place[:2]), self.offset(*place[2:])

    def _without_breaks(self, start: int, end: int) -> int:
        """The end of a value's last character, where YAML's end is on a later line."""
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return end

    def at(self, path: Path_) -> Any:
        """The value at a path; None where there is none."""
        here: Any = self.source.data
        for key in path:
            try:
                here = here[key]
            except (KeyError, IndexError, TypeError):
                return None
        return here

    def has(self, path: Path_) -> bool:
        """Whether a value is written at exactly that path."""
        return path in self.source.values

    def value(self, path: Path_) -> tuple[int, int]:
        """Start of a value, and end of its last character: YAML's own end of a block is later."""
        start, end = self._ends(self.source.values[path])
        if not self.is_block(path):
            return start, self._without_breaks(start, end)
        depth = len(path)
        leaves = [p for p in self.source.values if len(p) > depth and p[:depth] == path and not self.is_block(p)]
        keys = [p for p in self.source.keys if len(p) > depth and p[:depth] == path]
        places = [*map(self.source.values.get, leaves), *map(self.source.keys.get, keys)]
        ends = [self._without_breaks(start, self._ends(place)[1]) for place in places if place]
        return start, max((last for last in ends if start <= last <= end), default=start)  # an alias lies elsewhere

    def key(self, path: Path_) -> tuple[int, int]:
        """Start and end of the key of the value at `path`."""
        return self._ends(self.source.keys[path])

    def is_flow(self, path: Path_) -> bool:
        """Whether a mapping or list is written in braces or brackets."""
        place = self.source.values[path]
        return isinstance(self.at(path), (dict, list)) and self.text[self._ends(place)[0]] in "{["

    def is_block(self, path: Path_) -> bool:
        """Whether a mapping or list is written over lines, by indentation."""
        return isinstance(self.at(path), (dict, list)) and not self.is_flow(path)

    def line_of(self, offset: int) -> tuple[int, int]:
        """Start and end of a character's line, without its break."""
        start = max(start for start in self.lines if start <= offset)
        found = _BREAKS.search(self.text, offset)
        return start, found.start() if found else len(self.text)

    def indent(self, offset: int) -> str:
        """The spaces up to a character's column."""
        return " " * (offset - self.line_of(offset)[0])

    def write(self, path: Path_, text: str) -> Edits:
        """Replace one value by a text."""
        return (Edit(*self.value(path), text),)

    def replace(self, path: Path_, value: Any) -> Edits:
        """Replace one value by another."""
        return self.write(path, flow(value))

    def raw(self, path: Path_) -> str:
        """A value as written."""
        return self.text[slice(*self.value(path))]

    def raw_pair(self, path: Path_) -> str:
        """A key and its value as written."""
        return self.text[slice(*self.pair(path))]

    def rename(self, path: Path_, key: str) -> Edits:
        """Give the value at `path` another key."""
        return (Edit(*self.key(path), key),)

    def set(self, entry: Path_, key: str, value: Any) -> Edits:
        """Give an entry an option, or the option another value."""
        if self.has((*entry, key)):
            return self.replace((*entry, key), value)
        return self.put(entry, key, flow(value))

    def put(self, entry: Path_, key: str, value: str) -> Edits:
        """Give an entry an option that it does not have; its value is text in flow style."""
        if not isinstance(self.at(entry), dict):
            return self.write(entry, f"{{{self.raw(entry)}, {key}: {value}}}")
        if self.is_flow(entry):
            last = self._last(entry)
            return (Edit(last, last, f", {key}: {value}"),)
        return self.add_lines(entry, [f"{key}: {value}"])

    def add_lines(self, entry: Path_, lines: list[str]) -> Edits:
        """Add lines to a mapping in block style, after its last; they are indented as its keys are."""
        start, end = self.value(entry)
        stop = self.line_of(end)[1]
        return (Edit(stop, stop, "".join(f"{self.newline}{self.indent(start)}{line}" for line in lines)),)

    def _last(self, path: Path_) -> int:
        """The end of the last value within a mapping or list in flow style."""
        start, end = self.value(path)
        return max((last for _, last in self._parts(path) if start <= last <= end), default=start + 1)

    def _parts(self, path: Path_) -> list[tuple[int, int]]:
        """Start and end of each pair of a mapping or item of a list, in the order of the text."""
        depth = len(path) + 1
        return sorted(self.pair(inner) for inner in self.source.values if len(inner) == depth and inner[:-1] == path)

    def pair(self, path: Path_) -> tuple[int, int]:
        """Start of a key, and end of its value."""
        start, end = self.value(path)
        if path not in self.source.keys:
            return start, end
        key_start, key_end = self.key(path)
        return key_start, max(end, key_end)

    def remove(self, path: Path_) -> Edits:
        """Remove a key with its value, or an item of a list; no edits where it is the only one."""
        parts = self._parts(path[:-1])
        here = self.pair(path)
        if len(parts) < 2 or here not in parts:
            return ()
        index = parts.index(here)
        if self.is_block(path[:-1]):
            start = self.line_of(here[0])[0]
            between = self.text[start : here[0]].strip()
            if between not in ("", "-") or (between == "-" and isinstance(path[-1], str)):
                return ()
            stop = self.line_of(here[1])[1]
            following = _BREAKS.match(self.text, stop)
            return (Edit(start, following.end() if following else stop, ""),)
        if index + 1 < len(parts):
            return (Edit(here[0], parts[index + 1][0], ""),)
        return (Edit(parts[index - 1][1], here[1], ""),)

    def insert(self, item: Path_, entry: str, *, after: bool = False) -> Edits:
        """Put an entry before or after an item of a list; no edits where there is no list, or no room in its layout."""
        if not isinstance(self.at(item[:-1]), list):
            return ()
        start, end = self.value(item)
        if not self.is_block(item[:-1]):
            return (Edit(end, end, f", {entry}") if after else Edit(start, start, f"{entry}, "),)
        line, _ = self.line_of(start)
        prefix = self.text[line:start]
        if prefix.strip() != "-":
            return ()
        if after:
            stop = self.line_of(end)[1]
            return (Edit(stop, stop, f"{self.newline}{prefix}{entry}"),)
        return (Edit(line, line, f"{prefix}{entry}{self.newline}"),)

    def swap(self, one: Path_, other: Path_) -> Edits:
        """Let two pairs of a mapping change places."""
        return Edit(*self.pair(one), self.raw_pair(other)), Edit(*self.pair(other), self.raw_pair(one))

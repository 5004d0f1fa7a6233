"""A missing colon, comma or pair of braces, and a bracket or brace that is closed too late."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Mistake, Proposal

_PAIRS = {"{": "}", "[": "]"}
_NEXT_KEY = re.compile(r",\s*\w+\s*:")


class MissingColon(Mistake):
    """``{conv: 8, name first}``, ``- conv 8``, ``name lenet``: a key and its value without the colon between."""

    codes: ClassVar = frozenset({Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY, Code.UNKNOWN_LAYER, Code.YAML_SYNTAX})
    _KEY = re.compile(r"([A-Za-z_]\w*)[ \t]+(\S.*)", re.DOTALL)

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The colon; around a layer's argument in a list, braces besides."""
        span = case.diagnostic.span
        if span is None:
            return
        start, _ = case.text.range(span)
        if case.diagnostic.code is Code.YAML_SYNTAX:
            for line in case.lines:
                yield from self.on_lines(case, line)
            return
        found = self._KEY.fullmatch(case.written.rstrip())
        if found is None:
            return
        data = case.text.at(case.path)
        if isinstance(data, str):  # a whole entry
            yield self.made(found[1], case.at_span(f"{{{found[1]}: {found[2]}}}"))
        else:
            at = start + found.end(1)
            yield self.made(found[1], (Edit(at, at, ":"),))

    def on_lines(self, case: Case, start: int) -> Iterator[Proposal]:
        """The colon in the unreadable line, or the one above it: before a bracket, or after the first word."""
        own, end = case.text.line_of(start)
        for first, last in ((own, end), case.text.line_of(own - 1) if own > case.text.lines[0] else (own, end)):
            line = case.text.text[first:last]
            for found in re.finditer(r"(?<=[{,\s])([A-Za-z_]\w*)(?=\s+[\[{])", line):
                at = first + found.end(1)
                yield self.made(found[1], (Edit(at, at, ":"),))
            word = re.match(r"\s*(?:- )?([A-Za-z_]\w*)(?=[ \t]+[^\s:#])", line)
            if word is not None:
                at = first + word.end(1)
                yield self.made(word[1], (Edit(at, at, ":"),))

    def made(self, key: str, edits: tuple[Edit, ...]) -> Proposal:
        return Proposal(f"a `:` after `{key}`", edits, certain=True)


class MissingComma(Mistake):
    """``{conv: 8 kernel: 3}``: two options without the comma between."""

    codes: ClassVar = frozenset({Code.YAML_SYNTAX})
    _SECOND = re.compile(r"(?<=[\w\]}\"')])[ \t]+(?=[A-Za-z_]\w*:(?:\s|$))")

    def propose(self, case: Case) -> Iterator[Proposal]:
        """A comma between them."""
        for start, line in case.lines.items():
            code = re.split(r"\s#", line)[0]
            found = [at.start() for at in self._SECOND.finditer(code) if "{" in code[: at.start()]]
            if found:
                edits = tuple(Edit(start + at, start + at, ",") for at in found)
                yield Proposal("a `,` between the options", edits, certain=True)


class MissingBraces(Mistake):
    """``- conv: 8, kernel: 3``, ``optimizer: sgd: 0.1, momentum: 0.9``: options on one line without their braces."""

    codes: ClassVar = frozenset({Code.YAML_SYNTAX})
    _OPTIONS = re.compile(r"^[ ]*(?:- |\w+: )[ ]*(\w+:[ ][^#\n\r]*[^#\s])", re.MULTILINE)
    _SECOND = re.compile(r",[ ]*\w+:(?:\s|$)")

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Braces around them, on every line with the same mistake: an author who leaves them out once does so again."""
        edits = tuple(
            Edit(*found.span(1), f"{{{found[1]}}}")
            for found in self._OPTIONS.finditer(case.text.text)
            if self._SECOND.search(found[1]) or not found[0].lstrip().startswith("- ")
        )
        if edits:
            yield Proposal("braces around the options", edits, certain=True)


class ClosedTooLate(Mistake):
    """``{from: [a, b, name: up}``: a bracket that is not closed at the end of its list."""

    codes: ClassVar = frozenset({Code.YAML_SYNTAX})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The closing sign, before the next key or before the sign that closes something else."""
        for start, line in case.lines.items():
            yield from self.on_line(line, start)

    def on_line(self, line: str, start: int) -> Iterator[Proposal]:
        """The first bracket or brace of a line that another kind closes."""
        open_: list[int] = []
        for at, char in enumerate(line):
            if char in _PAIRS:
                open_.append(at)
            elif char in _PAIRS.values() and open_:
                opened = open_.pop()
                if _PAIRS[line[opened]] == char:
                    continue
                missing = _PAIRS[line[opened]]
                key = _NEXT_KEY.search(line, opened, at)
                places = [at] if key is None or missing == "}" else [key.start(), at]
                for place in places:
                    before = f" before `{line[place : place + 12].lstrip(', ').split(':')[0]}`"
                    yield Proposal(f"`{missing}`{before}", (Edit(start + place, start + place, missing),), certain=True)
                return

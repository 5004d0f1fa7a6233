"""Texts that YAML cannot read, or reads with another meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Mistake, Proposal

_CLOSE = {"{": "}", "[": "]", "(": ")"}


def _expression(text: str, start: int) -> int | None:
    """The end of the `$(...)` that begins at `start`; None where it is not closed on its line."""
    level = 0
    for at in range(text.index("(", start), len(text)):
        level += (text[at] == "(") - (text[at] == ")")
        if text[at] in "\r\n":
            return None
        if level == 0:
            return at + 1
    return None


class BrokenExpression(Mistake):
    """An expression that YAML's flow style cut in pieces."""

    codes: ClassVar = frozenset({Code.BROKEN_EXPRESSION_TEXT})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Quotes around it."""
        assert case.diagnostic.span is not None
        start, _ = case.text.range(case.diagnostic.span)
        if not case.text.text.startswith("$(", start):
            return
        end = _expression(case.text.text, start)
        if end is not None:
            whole = case.text.text[start:end]
            quote = "'" if '"' in whole else '"'
            yield Proposal("quotes around the expression", (Edit(start, end, f"{quote}{whole}{quote}"),), certain=True)


class Unclosed(Mistake):
    """A brace or bracket that is not closed on its line."""

    codes: ClassVar = frozenset({Code.YAML_SYNTAX})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The closing sign, at the end of its line."""
        for related in case.diagnostic.related:
            if related.span is None:
                continue
            start, _ = case.text.range(related.span)
            line = case.text.text[start : case.text.line_of(start)[1]]
            code = re.split(r"\s+#", line)[0].rstrip()
            open_ = [char for char in code if char in "{["]
            for char in code:
                if char in "}]" and open_:
                    open_.pop()
            missing = "".join(_CLOSE[char] for char in reversed(open_))
            if missing:
                at = start + len(code)
                yield Proposal(f"`{missing}` at the end of the line", (Edit(at, at, missing),), certain=True)


class Tabs(Mistake):
    """A line indented with tabs."""

    codes: ClassVar = frozenset({Code.YAML_SYNTAX})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Two spaces for each tab at the start of a line."""
        found = tuple(
            Edit(match.start(), match.end(), match[0].replace("\t", "  "))
            for match in re.finditer(r"^[ ]*\t[\t ]*", case.text.text, re.MULTILINE)
        )
        if found:
            yield Proposal("spaces instead of tabs", found, certain=True)


class BareText(Mistake):
    """A text with `: ` in it, or one that starts with a sign of YAML's, without quotes."""

    codes: ClassVar = frozenset({Code.YAML_SYNTAX})
    _PAIR = re.compile(r"^(\s*(?:- )?\w+: )(?![\"'\[{|>&*])(.*\S)\s*$")

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Quotes around it."""
        if case.diagnostic.span is None:
            return
        start, _ = case.text.range(case.diagnostic.span)
        line, end = case.text.line_of(start)
        found = self._PAIR.match(case.text.text[line:end])
        if found and '"' not in found[2] and "\\" not in found[2]:
            edit = Edit(line + found.start(2), line + found.end(2), f'"{found[2]}"')
            yield Proposal("quotes around the text", (edit,), certain=True)


class SecondDocument(Mistake):
    """A `---` within the spec."""

    codes: ClassVar = frozenset({Code.YAML_SYNTAX})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """One document, without the `---`."""
        if case.written.startswith("---") and case.diagnostic.span:
            start, _ = case.text.range(case.diagnostic.span)
            line, end = case.text.line_of(start)
            stop = end + len(case.text.newline)
            yield Proposal("one document, without the `---`", (Edit(line, stop, ""),))


class Parentheses(Mistake):
    """A pair in parentheses, as Python writes it."""

    codes: ClassVar = frozenset({Code.WRONG_TYPE, Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY, Code.YAML_SYNTAX})
    _PAIR = re.compile(r"(?<![\w$)])\(([\w.$-]+(?:, *[\w.$-]+)*,?)\)")

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Brackets instead."""
        span = case.diagnostic.span
        if span is None:
            return
        at, _ = case.text.range(span)
        line, end = case.text.line_of(at)
        for found in self._PAIR.finditer(case.text.text[line:end]):
            inside = found[1].rstrip(",")
            edit = Edit(line + found.start(), line + found.end(), f"[{inside}]")
            yield Proposal(f"`[{inside}]`: a list is written in brackets", (edit,), certain=True)

"""Missing signs: a colon, a comma, braces, quotes, and brackets that are closed too late, never, or are parentheses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Proposal, mends

_PAIRS = {"{": "}", "[": "]"}
_NEXT_KEY = re.compile(r",\s*\w+\s*:")
_KEY = re.compile(r"([A-Za-z_]\w*)[ \t]+(\S.*)", re.DOTALL)
_SECOND_KEY = re.compile(r"(?<=[\w\]}\"')])[ \t]+(?=[A-Za-z_]\w*:(?:\s|$))")
_OPTIONS = re.compile(r"^[ ]*(?:- |\w+: )[ ]*(\w+:[ ][^#\n\r]*[^#\s])", re.MULTILINE)
_SECOND_OPTION = re.compile(r",[ ]*\w+:(?:\s|$)")
_UNQUOTED = re.compile(r"^(\s*(?:- )?\w+: )(?![\"'\[{|>&*])(.*\S)\s*$")
_PARENTHESES = re.compile(r"(?<![\w$)])\(([\w.$-]+(?:, *[\w.$-]+)*,?)\)")


@mends(Code.YAML_SYNTAX)
def closed_too_late(case: Case) -> Iterator[Proposal]:
    """``{from: [a, b, name: up}``: the closing sign before the next key, or before the sign that closes another."""
    for start, line in case.lines.items():
        open_: list[int] = []
        for at, char in enumerate(line):
            if char in _PAIRS:
                open_.append(at)
            elif char in _PAIRS.values() and open_:
                opened = open_.pop()
                missing = _PAIRS[line[opened]]
                if missing == char:
                    continue
                key = _NEXT_KEY.search(line, opened, at)
                for place in [at] if key is None or missing == "}" else [key.start(), at]:
                    before = f" before `{line[place : place + 12].lstrip(', ').split(':')[0]}`"
                    yield Proposal(f"`{missing}`{before}", _inserted(start + place, missing), certain=True)
                break


def _inserted(at: int, sign: str) -> tuple[Edit, ...]:
    return (Edit(at, at, sign),)


@mends(Code.YAML_SYNTAX)
def missing_braces(case: Case) -> Iterator[Proposal]:
    """``- conv: 8, kernel: 3``: braces around the options, on every such line: who forgets them once does so again."""
    edits = tuple(
        Edit(*found.span(1), f"{{{found[1]}}}")
        for found in _OPTIONS.finditer(case.text.text)
        if _SECOND_OPTION.search(found[1]) or not found[0].lstrip().startswith("- ")
    )
    yield Proposal("braces around the options", edits, certain=True)


@mends(Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY, Code.UNKNOWN_LAYER, Code.YAML_SYNTAX)
def missing_colon(case: Case) -> Iterator[Proposal]:
    """``{conv: 8, name first}``, ``- conv 8``: the colon; around a layer's argument in a list, braces besides."""
    if case.diagnostic.code is Code.YAML_SYNTAX:
        for line in case.lines:
            yield from _colon_near(case, line)
    elif found := _KEY.fullmatch(case.written.rstrip()):
        if isinstance(case.text.at(case.path), str):  # a whole entry
            yield _colon(found[1], case.at_span(f"{{{found[1]}: {found[2]}}}"))
        else:
            yield _colon(found[1], _inserted(case.start + found.end(1), ":"))


def _colon_near(case: Case, start: int) -> Iterator[Proposal]:
    """The colon in the unreadable line, or the one above it: before a bracket, or after the first word."""
    own, end = case.text.line_of(start)
    for first, last in ((own, end), case.text.line_of(own - 1) if own > case.text.lines[0] else (own, end)):
        line = case.text.text[first:last]
        words = [*re.finditer(r"(?<=[{,\s])([A-Za-z_]\w*)(?=\s+[\[{])", line)]
        word = re.match(r"\s*(?:- )?([A-Za-z_]\w*)(?=[ \t]+[^\s:#])", line)
        for found in [*words, word] if word else words:
            yield _colon(found[1], _inserted(first + found.end(1), ":"))


def _colon(key: str, edits: tuple[Edit, ...]) -> Proposal:
    return Proposal(f"a `:` after `{key}`", edits, certain=True)


@mends(Code.YAML_SYNTAX)
def missing_comma(case: Case) -> Iterator[Proposal]:
    """``{conv: 8 kernel: 3}``: a comma between the options."""
    for start, line in case.lines.items():
        code = re.split(r"\s#", line)[0]
        found = [start + at.start() for at in _SECOND_KEY.finditer(code) if "{" in code[: at.start()]]
        yield Proposal("a `,` between the options", tuple(Edit(at, at, ",") for at in found), certain=True)


@mends(Code.YAML_SYNTAX)
def bare_text(case: Case) -> Iterator[Proposal]:
    """Quotes around a text with `: ` in it, or one that starts with a sign of YAML's."""
    start, line = case.line
    found = _UNQUOTED.match(line)
    if found and '"' not in found[2] and "\\" not in found[2]:
        edit = Edit(start + found.start(2), start + found.end(2), f'"{found[2]}"')
        yield Proposal("quotes around the text", (edit,), certain=True)


@mends(Code.BROKEN_EXPRESSION_TEXT)
def broken_expression(case: Case) -> Iterator[Proposal]:
    """Quotes around an expression that YAML's flow style cut in pieces."""
    start, text = case.start, case.text.text
    end = _end_of_expression(text, start) if text.startswith("$(", start) else None
    if end is not None:
        quote = "'" if '"' in text[start:end] else '"'
        edit = Edit(start, end, f"{quote}{text[start:end]}{quote}")
        yield Proposal("quotes around the expression", (edit,), certain=True)


def _end_of_expression(text: str, start: int) -> int | None:
    """The end of the `$(...)` that begins at `start`; None where it is not closed on its line."""
    level = 0
    for at in range(text.index("(", start), len(text)):
        level += (text[at] == "(") - (text[at] == ")")
        if text[at] in "\r\n":
            return None
        if level == 0:
            return at + 1
    return None


@mends(Code.WRONG_TYPE, Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY, Code.YAML_SYNTAX)
def parentheses(case: Case) -> Iterator[Proposal]:
    """Brackets around a list that is written in parentheses, as Python writes it."""
    start, line = case.line
    for found in _PARENTHESES.finditer(line):
        inside = found[1].rstrip(",")
        edit = Edit(start + found.start(), start + found.end(), f"[{inside}]")
        yield Proposal(f"`[{inside}]`: a list is written in brackets", (edit,), certain=True)


@mends(Code.YAML_SYNTAX)
def unclosed(case: Case) -> Iterator[Proposal]:
    """The closing sign of a brace or bracket, at the end of its line."""
    for span in (related.span for related in case.diagnostic.related if related.span):
        start, _ = case.text.range(span)
        line = case.text.text[start : case.text.line_of(start)[1]]
        code = re.split(r"\s+#", line)[0].rstrip()
        open_ = [char for char in code if char in _PAIRS]
        for char in code:
            if char in "}]" and open_:
                open_.pop()
        missing = "".join(_PAIRS[char] for char in reversed(open_))
        yield Proposal(f"`{missing}` at the end of the line", _inserted(start + len(code), missing), certain=True)

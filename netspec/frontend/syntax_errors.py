"""What the parser of YAML says, in the words of a spec. A valid text does not need it."""

from __future__ import annotations

from typing import Any

from netspec.diagnostics import Code, Diagnostic, Related, Span
from netspec.diagnostics.facts import NotYaml
from netspec.frontend.reader import QUOTE


def _point(name: str, mark: Any, text: str) -> Span:
    """The span of the character at a mark of the parser."""
    return Span(name, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2, text)


def syntax_error(error: Exception, text: str, name: str) -> Diagnostic:
    """The diagnostic of what the parser refuses, at its place, in the words of a spec."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context, span = getattr(error, "context", None), None
    fact = NotYaml(str(problem), str(context or ""))
    if mark is not None:
        span = _point(name, mark, text)
        lines = text.splitlines()
        if mark.line < len(lines) and (cut := _cut_by_yaml(lines[mark.line], mark.column)):
            start, end = cut
            span = Span(name, mark.line + 1, start + 1, mark.line + 1, end + 1, text)
            message = f"YAML ended the expression at `{lines[mark.line][start:end]}`"
            return Diagnostic(Code.BROKEN_EXPRESSION_TEXT, message, span, help=QUOTE)
        if mark.line < len(lines) and _is_tab(lines[mark.line], mark.column):
            return Diagnostic(Code.YAML_SYNTAX, _TAB, span, help="indent with spaces", fact=fact)
    elif isinstance(getattr(error, "position", None), int):
        line = text.encode()[: error.position].count(b"\n") + 1  # type: ignore[attr-defined]
        span = Span(name, line, 1, line, 1, text)
    help = _SYNTAX_HELP.get(str(problem))
    if "cannot start any token" in str(problem):
        help = "indent with spaces, and quote a text that starts with a sign of YAML's"
    began = getattr(error, "context_mark", None)
    related = (Related(_point(name, began, text), str(context)),) if context and began is not None else ()
    return Diagnostic(Code.YAML_SYNTAX, f"YAML cannot be read: {problem}", span, help=help, related=related, fact=fact)


_TAB = "YAML cannot be read: there is a tab, and indentation is of spaces"


def _is_tab(line: str, column: int) -> bool:
    """Whether a tab stands at a column, or in the indentation before it."""
    return "\t" in (line[column : column + 1], *line[: len(line) - len(line.lstrip())][: column + 1])


_SYNTAX_HELP = {
    "mapping values are not allowed in this context": "quote a text that holds `: `, and indent keys alike",
    "did not find expected ',' or '}'": "close the braces, and put a comma between the options",
    "did not find expected ',' or ']'": "close the brackets, and put a comma between the items",
    "did not find expected key": "indent the keys of one mapping alike",
    "could not find expected ':'": "write `key: value`, with a space after the colon",
    "did not find expected '-' indicator": "indent the entries of one list alike",
    "found undefined alias": "an anchor, `&name`, must stand before its alias",
}


def _cut_by_yaml(line: str, column: int) -> tuple[int, int] | None:
    """The start of an unquoted `$(...)` that YAML's flow style ended before `column`, and the sign that ended it."""
    start = line.rfind("$(", 0, column + 1)
    if start < 0 or line[start - 1 : start] in ("'", '"'):
        return None
    level = 0
    for end in range(start + 1, min(column + 1, len(line))):
        level += (line[end] == "(") - (line[end] == ")")
        if level == 0:
            return None
        if line[end] in "[]{},":
            return start, end
    return None

"""YAML 1.2 text to plain data, with a span for every value.

The reader is PyYAML's safe C parser; the data are built here, by the YAML 1.2 core schema
(`no` and `on` are texts, `1e-3` is a number), and nothing but mappings, lists and scalars exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from netspec.diagnostics import Code, Diagnostic, NetspecError, Related, Span

Path_ = tuple[str | int, ...]
Place = tuple[int, int, int, int]

MAX_EXPANDED = 1_000_000
"""Values that aliases and merge keys may add."""

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe parser with the implicit types of YAML 1.2's core schema in the place of YAML 1.1's."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _kind, _pattern, _first in (
    ("null", re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("float", re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), list("-+.")),
    ("merge", re.compile("<<"), ["<"]),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(f"(?:{_pattern.pattern})$"), _first)


@dataclass(frozen=True)
class Source:
    """A read text.

    Attributes:
        name: File name as the user wrote it.
        text: The whole text.
        data: Its top mapping.
        values: Where each value stands, by its path of keys and indices: line, column, end line, end column.
        keys: Where each key stands, by the path of its value.
        diagnostics: What is wrong with the text though it could be read on (a key written twice).
    """

    name: str
    text: str
    data: dict[str, Any]
    values: dict[Path_, Place] = field(repr=False)
    keys: dict[Path_, Place] = field(repr=False)
    diagnostics: tuple[Diagnostic, ...] = ()

    def span(self, path: Path_) -> Span | None:
        """Where the value at `path` stands, or the nearest value around it."""
        while path and path not in self.values:
            path = path[:-1]
        place = self.values.get(path)
        return Span(self.name, *place) if place else None

    def key_span(self, path: Path_) -> Span | None:
        """Where the key of the value at `path` stands, or else the value."""
        place = self.keys.get(path)
        return Span(self.name, *place) if place else self.span(path)


def read(path: Path, name: str | None = None) -> Source:
    """Read a file.

    Raises:
        NetspecError: It does not exist, is not UTF-8 text, or is not a YAML mapping.
    """
    shown = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NetspecError.of(Code.FILE_NOT_FOUND, f"there is no file {shown}") from None
    except UnicodeDecodeError as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{shown} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{shown} cannot be read: {error.strerror}") from None
    return parse(text, shown)


def parse(text: str, name: str = "<text>") -> Source:
    """Read a text.

    Raises:
        NetspecError: It is not YAML, or not a mapping.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise NetspecError([_syntax_error(error, text, name)]) from None
    reader = _Reader(name)
    if root is None or not isinstance(root, yaml.MappingNode):
        span = reader.span(root) if root is not None else Span(name, 1, 1, 1, 1)
        found = "nothing" if root is None else "a list" if isinstance(root, yaml.SequenceNode) else "a single value"
        raise NetspecError.of(
            Code.NOT_A_MAPPING,
            "a spec is a mapping of keys to values",
            span=span,
            found=found,
            expected="netspec, name, input, layers, ...",
            help="start with `netspec: 1`",
        )
    data = reader.build(root, ())
    return Source(name, text, data, reader.values, reader.keys, tuple(reader.diagnostics))


_KINDS = {type(None): "null", bool: "bool", int: "int", float: "float"}


def scalar(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _syntax_error(error: yaml.YAMLError, text: str, name: str) -> Diagnostic:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    span = None
    if mark is not None:
        span = Span(name, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
        lines = text.splitlines()
        if mark.line < len(lines) and _cut_by_yaml(lines[mark.line]):
            return Diagnostic(Code.BROKEN_EXPRESSION_TEXT, f"YAML reads `$(` as text: {problem}", span, help=_QUOTE)
    elif hasattr(error, "position"):
        line = text.count("\n", 0, error.position) + 1
        span = Span(name, line, 1, line, 1)
    help = "indent with spaces" if "\\t" in str(problem) else None
    return Diagnostic(Code.YAML_SYNTAX, f"YAML cannot be read: {problem}", span, help=help)


_QUOTE = 'put the expression in quotes, "$(...)", or write the entry in block style'


def _unbalanced(text: str) -> bool:
    """Whether the text opens `$(` and never closes it."""
    start = text.find("$(")
    if start < 0:
        return False
    level = 0
    for char in text[start + 1 :]:
        level += (char == "(") - (char == ")")
        if level == 0:
            return False
    return True


def _cut_by_yaml(line: str) -> bool:
    """Whether a line has an unquoted `$(...)` with a sign inside at which YAML's flow style ends a scalar."""
    return any(set(found[1]) & set(",[]{}") for found in re.finditer(r"(?<![\"'])\$\((.*)", line))


class _Reader:
    """Builds data and spans from the nodes of one text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[Path_, Place] = {}
        self.keys: dict[Path_, Place] = {}
        self.diagnostics: list[Diagnostic] = []
        self.built: set[int] = set()
        self.open: set[int] = set()
        self.expanded = 0

    def span(self, node: yaml.Node) -> Span:
        return Span(self.name, *_place(node))

    def error(self, code: Code, message: str, node: yaml.Node, **fields: Any) -> None:
        self.diagnostics.append(Diagnostic(code, message, self.span(node), **fields))

    def fail(self, code: Code, message: str, node: yaml.Node, **fields: Any) -> NetspecError:
        return NetspecError([Diagnostic(code, message, self.span(node), **fields)])

    def build(self, node: yaml.Node, path: Path_) -> Any:
        """The data of a node. An alias is built anew each time: copies share nothing."""
        identity = id(node)
        if identity in self.built:
            self.expanded += 1
            if self.expanded > MAX_EXPANDED:
                raise self.fail(
                    Code.EXPANSION_TOO_LARGE, f"aliases expand to more than {MAX_EXPANDED:,} values", node
                )
        self.built.add(identity)
        self.values[path] = _place(node)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if identity in self.open:
            raise self.fail(Code.EXPANSION_TOO_LARGE, "an alias stands inside its own anchor", node)
        self.open.add(identity)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
            return self.mapping(node, path)
        finally:
            self.open.discard(identity)

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.tag == _TAG + "str":
            if "$(" in text and _unbalanced(text) and not node.style:
                self.error(Code.BROKEN_EXPRESSION_TEXT, f"YAML ended the expression at `{text}`", node, help=_QUOTE)
                return None
            return text
        value = scalar(text)
        if node.tag == _TAG + _KINDS.get(type(value), ""):
            return value
        if node.tag == _TAG + "float" and isinstance(value, int):
            return float(value)
        self.error(
            Code.YAML_SYNTAX, f"the tag `{node.tag}` is not read", node, help="write the value plainly, without a tag"
        )
        return None

    def mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge" and key_node.value == "<<":
                merged.append(value_node)
                continue
            key = self.key(key_node)
            if key is None:
                continue
            here = (*path, key)
            if key in data:
                self.error(
                    Code.DUPLICATE_KEY,
                    f"`{key}` is written twice in one mapping",
                    key_node,
                    help="keep one of the two",
                    related=(Related(Span(self.name, *self.keys[here]), "first written here"),),
                )
                continue
            self.keys[here] = _place(key_node)
            data[key] = self.build(value_node, here)
        for value_node in merged:
            self.merge(value_node, path, data)
        return data

    def key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.error(Code.BAD_KEY, "a key must be text", node)
            return None
        if not node.style and _unbalanced(node.value):
            self.error(Code.BROKEN_EXPRESSION_TEXT, f"YAML ended the expression at `{node.value}`", node, help=_QUOTE)
            return None
        return str(node.value)

    def merge(self, node: yaml.Node, path: Path_, data: dict[str, Any]) -> None:
        """Copy the keys of a `<<` value that the mapping does not have; they come last."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                self.error(Code.YAML_SYNTAX, "`<<` takes a mapping or a list of mappings", source)
                continue
            # Built aside, so that a key which the mapping overrides leaves no span behind.
            aside = _Reader(self.name)
            aside.built, aside.expanded, aside.open = self.built, self.expanded, self.open
            copied = aside.build(source, path)
            self.expanded = aside.expanded
            self.diagnostics.extend(aside.diagnostics)
            for key, value in copied.items():
                if key in data:
                    continue
                data[key] = value
                depth = len(path) + 1
                for table, extra in ((self.values, aside.values), (self.keys, aside.keys)):
                    table.update({p: s for p, s in extra.items() if p[:depth] == (*path, key)})


def _place(node: yaml.Node) -> Place:
    start, end = node.start_mark, node.end_mark
    return start.line + 1, start.column + 1, end.line + 1, end.column + 1

"""YAML nodes to plain data by the YAML 1.2 core schema, with a span for every value.

`no` and `on` are texts, `1e-3` is a number; nothing but mappings, lists and scalars exists.
Nodes are told apart by their `id`, so that the parser is known to `source.py` alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from netspec.diagnostics import Code, Diagnostic, NetspecError, Related, Span

Path_ = tuple[str | int, ...]
Place = tuple[int, int, int, int]

MAX_EXPANDED = 200_000
"""Values that aliases and merge keys may add."""

MAX_NESTING = 100
"""Levels of mappings and lists inside each other."""

LARGEST = 2**63 - 1
"""The largest integer: what torch can hold as a size."""

INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}

TAG = "tag:yaml.org,2002:"
_KINDS = {type(None): "null", bool: "bool", int: "int", float: "float"}

QUOTE = 'put the expression in quotes, "$(...)", or write the entry in block style'


class TooLarge(ValueError):
    """A number that no computation could use."""


def scalar(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema.

    Raises:
        TooLarge: It is an integer beyond 64 bits, or a number beyond a float's range.
    """
    if text in _SPECIAL:
        return _SPECIAL[text]
    if INT.fullmatch(text):
        # Python refuses to convert thousands of digits; twenty are more than enough to be too many.
        value = int(text, 0) if text[:2] in ("0o", "0x") else int(text) if len(text) < 1000 else LARGEST + 1
        if abs(value) > LARGEST:
            raise TooLarge(text)
        return value
    if FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise TooLarge(text)
        return number
    return text


def too_deep(span: Span) -> NetspecError:
    """The error for a text nested beyond the bound."""
    return NetspecError.of(
        Code.YAML_SYNTAX,
        f"mappings and lists are nested more than {MAX_NESTING} levels deep",
        span=span,
        help="a `repeat` or a block says the same without nesting",
    )


def _open_parentheses(text: str) -> int:
    """How many parentheses of a `$(` are left open in a text; 0 where all is well."""
    start = text.find("$(")
    if start < 0:
        return 0
    level = 0
    for char in text[start + 1 :]:
        level += (char == "(") - (char == ")")
        if level == 0:
            return 0
    return level


class Reader:
    """Builds data and spans from the nodes of one text.

    Attributes:
        values: Where each value stands, by its path.
        keys: Where each key stands, by the path of its value.
        broken: Paths of mappings and lists that YAML tore apart at an expression.
        diagnostics: What is wrong, though reading goes on.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[Path_, Place] = {}
        self.keys: dict[Path_, Place] = {}
        self.broken: set[Path_] = set()
        self.diagnostics: list[Diagnostic] = []
        self.built: set[int] = set()
        self.open: set[int] = set()
        self.expanded = 0

    def span(self, node: Any) -> Span:
        """Where a node stands."""
        return Span(self.name, *_place(node))

    def error(self, code: Code, message: str, node: Any, **fields: Any) -> None:
        """Note an error after which reading goes on."""
        self.diagnostics.append(Diagnostic(code, message, self.span(node), **fields))

    def build(self, node: Any, path: Path_) -> Any:
        """The data of a node. An alias is built anew each time: copies share nothing.

        Raises:
            NetspecError: Aliases go in a circle or expand beyond the bound, or the nesting is too deep.
        """
        identity = id(node)
        if identity in self.built:
            self.expanded += 1
            if self.expanded > MAX_EXPANDED:
                raise NetspecError.of(
                    Code.EXPANSION_TOO_LARGE,
                    f"aliases expand to more than {MAX_EXPANDED:,} values",
                    span=self.span(node),
                    help="a `repeat` or a block says the same without copies",
                )
        self.built.add(identity)
        self.values[path] = _place(node)
        if node.id == "scalar":
            return self.scalar(node, path)
        if identity in self.open:
            raise NetspecError.of(
                Code.EXPANSION_TOO_LARGE,
                "an alias stands inside its own anchor",
                span=self.span(node),
                help="write out what it should hold",
            )
        if len(self.open) >= MAX_NESTING:
            raise too_deep(self.span(node))
        kind = "seq" if node.id == "sequence" else "map"
        if node.tag != TAG + kind:
            self.tagged(node)
            return None
        self.open.add(identity)
        try:
            return self.sequence(node, path) if kind == "seq" else self.mapping(node, path)
        finally:
            self.open.discard(identity)

    def tagged(self, node: Any) -> None:
        """Refuse a tag: a spec has plain data only."""
        self.error(
            Code.YAML_SYNTAX,
            f"the tag `{node.tag.replace(TAG, '!!')}` is not read",
            node,
            help="write the value plainly, without a tag",
        )

    def scalar(self, node: Any, path: Path_) -> Any:
        """The value of a scalar; None after an error."""
        text: str = node.value
        if node.tag == TAG + "str":
            if not node.style and _open_parentheses(text):
                self.error(Code.BROKEN_EXPRESSION_TEXT, f"YAML ended the expression at `{text}`", node, help=QUOTE)
                self.broken.add(path)
                return None
            return text
        try:
            value = scalar(text)
        except TooLarge:
            shown = text if len(text) < 30 else f"{text[:12]}..."
            self.error(Code.WRONG_TYPE, f"the number {shown} is too large", node, expected=f"at most {LARGEST:,}")
            self.broken.add(path)
            return None
        if node.tag == TAG + _KINDS.get(type(value), ""):
            return value
        if node.tag == TAG + "float" and isinstance(value, int):
            return float(value)
        self.tagged(node)
        return None

    def sequence(self, node: Any, path: Path_) -> list[Any]:
        """The items of a list, without the pieces of an expression that YAML cut."""
        data: list[Any] = []
        level = 0
        for item in node.value:
            if level > 0:
                level = max(0, level - _closed(item))
                continue
            data.append(self.build(item, (*path, len(data))))
            level = self.torn(node, item, path)
        return data

    def mapping(self, node: Any, path: Path_) -> dict[str, Any]:
        """The pairs of a mapping, merged ones last, without the pieces of an expression that YAML cut."""
        data: dict[str, Any] = {}
        merged: list[Any] = []
        level = 0
        for key_node, value_node in node.value:
            if level > 0:
                level = max(0, level - _closed(key_node) - _closed(value_node))
                continue
            if key_node.tag == TAG + "merge" and key_node.value == "<<":
                merged.append(value_node)
                continue
            if key_node.id != "scalar":
                self.error(Code.BAD_KEY, "a key must be text", key_node)
                continue
            key = str(key_node.value)
            if not key_node.style and _open_parentheses(key):
                self.error(Code.BROKEN_EXPRESSION_TEXT, f"YAML ended the expression at `{key}`", key_node, help=QUOTE)
                level = self.torn(node, key_node, path)
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
            level = self.torn(node, value_node, path)
        for value_node in merged:
            self.merge(value_node, path, data)
        return data

    def torn(self, whole: Any, part: Any, path: Path_) -> int:
        """How many parentheses a part of the mapping or list at `path` leaves open, to be closed by the next parts.

        In block style none are: there a comment ended the expression, and the next line is its own.
        """
        level = _open_parentheses(part.value) if part.id == "scalar" and not part.style else 0
        if level:
            self.broken.add(path)
        return level if whole.flow_style else 0

    def merge(self, node: Any, path: Path_, data: dict[str, Any]) -> None:
        """Copy the keys of a `<<` value that the mapping does not have; they come last."""
        for source in node.value if node.id == "sequence" else [node]:
            if source.id != "mapping":
                self.error(Code.YAML_SYNTAX, "`<<` takes a mapping or a list of mappings", source)
                continue
            # Built aside, so that a key which the mapping overrides leaves no span behind.
            aside = Reader(self.name)
            aside.built, aside.expanded, aside.open = self.built, self.expanded, self.open
            copied = aside.build(source, path)
            self.expanded = aside.expanded
            self.diagnostics.extend(aside.diagnostics)
            fresh = {key: value for key, value in (copied or {}).items() if key not in data}
            data.update(fresh)
            depth = len(path)
            for table, extra in ((self.values, aside.values), (self.keys, aside.keys)):
                table.update({p: s for p, s in extra.items() if len(p) > depth and p[depth] in fresh})


def _closed(node: Any) -> int:
    """By how much a piece of a torn expression closes more parentheses than it opens."""
    return node.value.count(")") - node.value.count("(") if node.id == "scalar" else 0


def _place(node: Any) -> Place:
    start, end = node.start_mark, node.end_mark
    return start.line + 1, start.column + 1, end.line + 1, end.column + 1

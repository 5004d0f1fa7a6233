"""Layout of Python text in the format of ruff and black, at 88 columns.

A `Text` cannot be broken. A `Group` is a bracket with items, a `Chain` operands with operators between them; both
are written on one line if they fit. A chain is broken before its operators, which requires a bracket around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from netspec.objects.immutable import immutable

WIDTH = 88


@immutable
class Text:
    """Text that stays on one line."""

    text: str

    def flat(self) -> str:
        """The text on one line."""
        return self.text


@immutable
class Group:
    """A bracket: the text before it with its opening sign, its items, its closing sign.

    The items of a `call` may share one indented line; those of a `list` take one each. A `tuple` is a list that
    keeps the comma of a lone item. `bare` items have no commas between them, as in parentheses; a `generator` is
    the same as a call's only argument.
    """

    opening: str
    items: tuple[Doc, ...]
    closing: str
    kind: Literal["call", "list", "tuple", "bare", "generator"] = "call"

    def flat(self) -> str:
        """The group on one line."""
        return self.opening + self.inner() + self.closing

    def inner(self) -> str:
        """The items on one line."""
        text = (" " if self.kind in ("bare", "generator") else ", ").join(item.flat() for item in self.items)
        return f"{text}," if self.kind == "tuple" and len(self.items) == 1 else text


@immutable
class Chain:
    """Operands, each except the first preceded by its operator."""

    first: Doc
    rest: tuple[tuple[str, Doc], ...]
    prefix: str = ""

    def flat(self) -> str:
        """The chain on one line."""
        return self.prefix + " ".join([self.first.flat(), *(f"{op} {operand.flat()}" for op, operand in self.rest)])


@immutable
class Several:
    """Values with commas between them, in parentheses only if they do not fit on one line."""

    items: tuple[Doc, ...]

    def flat(self) -> str:
        """The values on one line."""
        return ", ".join(item.flat() for item in self.items)


Doc = Text | Group | Chain


def prefixed(prefix: str, doc: Doc) -> Doc:
    """A document with text before it."""
    if isinstance(doc, Group):
        return Group(prefix + doc.opening, doc.items, doc.closing, doc.kind)
    if isinstance(doc, Chain):
        return Chain(doc.first, doc.rest, prefix + doc.prefix)
    return Text(prefix + doc.text)


def layout(prefix: str, doc: Doc | Several, suffix: str, indent: int) -> list[str]:
    """Lines of the statement `prefix doc suffix`, indented."""
    pad = " " * indent
    flat = f"{pad}{prefix}{doc.flat()}{suffix}"
    if len(flat) <= WIDTH:
        return [flat]
    if isinstance(doc, Several):
        doc = Group("(", doc.items, ")", "list")
    if isinstance(doc, Group):
        return _broken(prefix, doc, suffix, indent)
    if isinstance(doc, Chain) and len(doc.rest) == 1:
        hanging = _hanging(prefix, doc, suffix, indent)
        if hanging and all(len(line) <= WIDTH for line in hanging):
            return hanging
    if isinstance(doc, Text) and (not prefix or len(pad) + 4 + len(doc.text) > WIDTH):
        return [flat]
    return [f"{pad}{prefix}(", *_lines("", doc, "", indent + 4), f"{pad}){suffix}"]


def _hanging(prefix: str, doc: Chain, suffix: str, indent: int) -> list[str]:
    """Lines of a statement broken only in its own brackets; none if it neither starts nor ends with one."""
    parts = [part for part in _parts(doc) if part]
    first, last = parts[0], parts[-1]
    if not (isinstance(last, Group) or (isinstance(first, Group) and first.opening in ("(", "["))):
        return []
    pad = " " * indent
    lines, current = [], pad + prefix
    for number, part in enumerate(parts):
        if isinstance(part, str):
            current += part
            continue
        after = parts[number + 1 :]
        opening = next((n for n, p in enumerate(after) if isinstance(p, Group)), len(after))
        until = "".join(str(p) for p in after[:opening])
        until += after[opening].opening if opening < len(after) else suffix  # type: ignore[union-attr]
        if len(current) + len(part.flat()) + len(until) <= WIDTH:
            current += part.flat()
        else:
            *broken, current = _broken(current[indent:], part, "", indent)
            lines += broken
    return [*lines, current + suffix]


def _parts(doc: Doc) -> Iterator[str | Group]:
    """Texts and brackets of a document, from left to right."""
    if isinstance(doc, Group) and doc.items:
        yield doc
    elif isinstance(doc, Chain):
        yield doc.prefix
        yield from _parts(doc.first)
        for sign, operand in doc.rest:
            yield f" {sign} "
            yield from _parts(operand)
    else:
        yield doc.flat()


def _lines(prefix: str, doc: Doc, suffix: str, indent: int) -> list[str]:
    """Lines of a document inside brackets, which may be broken anywhere."""
    pad = " " * indent
    flat = f"{pad}{prefix}{doc.flat()}{suffix}"
    if len(flat) <= WIDTH or isinstance(doc, Text):
        return [flat]
    if isinstance(doc, Chain):
        lines = _lines(prefix + doc.prefix, doc.first, "", indent)
        for number, (sign, operand) in enumerate(doc.rest, 1):
            lines += _lines(f"{sign} ", operand, suffix if number == len(doc.rest) else "", indent)
        return lines
    return _broken(prefix, doc, suffix, indent)


def _broken(prefix: str, group: Group, suffix: str, indent: int) -> list[str]:
    """Lines of a bracket whose items stand on separate lines between its signs."""
    pad = " " * indent
    if not group.items:
        return [f"{pad}{prefix}{group.flat()}{suffix}"]
    inner = f"{pad}    {group.inner()}"
    if group.kind in ("call", "generator") and len(inner) <= WIDTH:
        lines = [inner]
    else:
        separated = group.kind in ("call", "list") and len(group.items) > 1
        comma = "," if separated or group.kind == "tuple" else ""
        lines = [line for item in group.items for line in _lines("", item, comma, indent + 4)]
    return [f"{pad}{prefix}{group.opening}", *lines, f"{pad}{group.closing}{suffix}"]

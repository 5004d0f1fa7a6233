"""Python text laid out as ruff and black lay it out, at 88 columns.

A `Text` cannot be broken. A `Group` is a bracket with items: on one line where it fits, else its items on
one indented line, else one item a line with a final comma.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stays on one line; `parts` are its operands, each but the first led by its operator, if any."""

    text: str
    parts: tuple[str, ...] = ()

    def flat(self) -> str:
        """The text on one line."""
        return self.text


@dataclass(frozen=True, slots=True)
class Group:
    """A bracket: what stands before it with its opening sign, its items, its closing sign.

    `comma` tells whether items are separated by commas (those of a generator are not); `single` that a
    lone item keeps its comma, as a tuple's does.
    """

    opening: str
    items: tuple[Doc, ...]
    closing: str
    comma: bool = True
    single: bool = False

    def flat(self) -> str:
        """The group on one line."""
        return self.opening + self.inner() + self.closing

    def inner(self) -> str:
        """The items on one line."""
        text = (", " if self.comma else " ").join(item.flat() for item in self.items)
        return f"{text}," if self.single else text


Doc = Text | Group


def prefixed(prefix: str, doc: Doc) -> Doc:
    """A document with text before it."""
    if isinstance(doc, Group):
        return Group(prefix + doc.opening, doc.items, doc.closing, doc.comma, doc.single)
    return Text(prefix + doc.text)


def layout(prefix: str, doc: Doc, suffix: str, indent: int, statement: bool = True) -> list[str]:
    """Lines of `prefix doc suffix`, indented.

    Args:
        statement: Whether a long text may be put in parentheses, as the value of a statement may.
    """
    pad = " " * indent
    flat = f"{pad}{prefix}{doc.flat()}{suffix}"
    if len(flat) <= WIDTH:
        return [flat]
    if isinstance(doc, Group) and doc.items:
        inner = f"{pad}    {doc.inner()}"
        if len(inner) <= WIDTH and not doc.single:
            return [f"{pad}{prefix}{doc.opening}", inner, f"{pad}{doc.closing}{suffix}"]
        end = "," if doc.comma else ""
        lines = [line for item in doc.items for line in layout("", item, end, indent + 4, statement=False)]
        return [f"{pad}{prefix}{doc.opening}", *lines, f"{pad}{doc.closing}{suffix}"]
    if isinstance(doc, Text) and statement and prefix:
        inner = f"{pad}    {doc.text}"
        if len(inner) <= WIDTH or not doc.parts:
            return [f"{pad}{prefix}(", inner, f"{pad}){suffix}"] if len(inner) <= WIDTH else [flat]
        return [f"{pad}{prefix}(", *(f"{pad}    {part}" for part in doc.parts), f"{pad}){suffix}"]
    if isinstance(doc, Text) and doc.parts:
        return [f"{pad}{prefix}{doc.parts[0]}", *(f"{pad}{part}" for part in doc.parts[1:-1]), f"{pad}{doc.parts[-1]}{suffix}"]
    return [flat]

"""Text with styles, kept apart from how it is shown: a pipe gets it plain, a terminal in colour."""

from __future__ import annotations

from collections.abc import Iterable

Segment = tuple[str, str]
"""A piece of text and its style in rich's words, empty for none."""

Line = tuple[Segment, ...]


def line(*pieces: str | Segment) -> Line:
    """A line of pieces; a bare string has no style."""
    return tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces)


def plain(lines: Iterable[Line]) -> str:
    """The text alone, every line ended."""
    return "".join("".join(text for text, _ in segments).rstrip() + "\n" for segments in lines)

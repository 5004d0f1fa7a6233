"""What all contact sheets have in common: how many images, how far apart, and texts that fit."""

from __future__ import annotations

from typing import Any

from netspec.diagnostics.styled import shortened

COLUMNS, ROWS = 8, 5
"""Images, and steps in which each is augmented."""

MARGIN, LEFT, TITLE, FONT = 10, 92, 34, 13
"""Pixels: between images, of the names of rows, of the title, of letters."""

STREAM = 2
"""Keeps the choice of images apart from other random numbers of the same seed."""

_LONGEST = 200
"""The characters of a text that are measured: no text of as many fits."""


def cut_text(pen: Any, text: str, width: int, font: Any) -> str:
    """A text that fits into so many pixels, in one line."""
    text = shortened(text, _LONGEST)
    if pen.textlength(text, font=font) <= width:
        return text
    while text and pen.textlength(f"{text}…", font=font) > width:
        text = text[:-1]
    return f"{text}…"

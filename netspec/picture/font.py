"""Widths of texts. Each character is as wide as in the wider of Helvetica and DejaVu Sans, which fits both."""

from __future__ import annotations

import unicodedata

FAMILY = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
"""Fonts of the pictures, in the order of preference; none is wider than `WIDTHS`."""

# fmt: off
WIDTHS = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 556, 1015, 684, 686, 722, 770, 667, 611, 778, 752, 295, 500, 667, 557, 863,
    748, 787, 667, 787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838, 556, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
)
# fmt: on
"""Thousandths of the font's size, for the characters from the space to the tilde (the fonts' own metrics)."""


def text_width(text: str, size: float) -> float:
    """The width of a text in pixels, in a font of `size` pixels."""
    return sum(map(_width, text)) * size / 1000


def _width(character: str) -> int:
    code = ord(character) - 32
    if 0 <= code < len(WIDTHS):
        return WIDTHS[code]
    if unicodedata.combining(character):
        return 0
    return (
        1000
        if character == "…" or (unicodedata.east_asian_width(character) in "WFA" and character not in "×·")
        else 900
    )


def printable(text: str) -> str:
    """A text without control characters, which no format of pictures has a place for."""
    return "".join(each if each.isprintable() else " " for each in text)

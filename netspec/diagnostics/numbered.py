"""Numbers of things, in words."""

from __future__ import annotations


def numbered(number: float, noun: str) -> str:
    """A number with its noun: ``1 class``, ``5,000 classes``, ``2.41 objects``.

    Args:
        number: At least 0; of what is no whole number, three digits are told.
        noun: In the singular; its plural ends in -s, or in -es after an s.
    """
    told = f"{number:,.0f}" if number == int(number) or number >= 100 else f"{number:.3g}"
    return f"{told} {noun}" if told == "1" else f"{told} {noun}{'es' if noun.endswith('s') else 's'}"

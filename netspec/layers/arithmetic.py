"""Formulas that several layers share."""

import re
from collections.abc import Mapping, Sequence

from netspec.layers.base import Formula
from netspec.layers.checks import AXIS_NAMES
from netspec.shape import Shape

LETTERS = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
"""Symbols for the sizes of the spatial axes."""


def along_axes(
    arithmetic: str | Sequence[str], values: Sequence[Mapping[str, int]], note: str | None = None
) -> tuple[Formula, ...]:
    """Formulas for the output's size along each spatial axis; axes of the same numbers share one.

    Args:
        arithmetic: Uses ``S`` for the input's size along the axis; one for all axes, or one for each.
        values: Numbers for each axis.
        note: A remark.
    """
    each = [arithmetic] * len(values) if isinstance(arithmetic, str) else list(arithmetic)
    names = AXIS_NAMES[len(values)]
    if len(values) > 1 and all(pair == (each[0], values[0]) for pair in zip(each, values, strict=True)):
        return (Formula(", ".join(names), each[0], values[0], note),)
    return tuple(
        Formula(name, re.sub(r"\bS\b", letter, rule), {letter if k == "S" else k: v for k, v in numbers.items()}, note)
        for name, letter, rule, numbers in zip(names, LETTERS[len(values)], each, values, strict=True)
    )


def product_of(prefix: str, sizes: Shape) -> tuple[str, dict[str, int]]:
    """``k_h * k_w`` and its numbers."""
    below = {1: ("",), 2: ("_h", "_w"), 3: ("_d", "_h", "_w")}[len(sizes)]
    return " * ".join(prefix + b for b in below), {prefix + b: n for b, n in zip(below, sizes, strict=True)}


def output_places(sizes: Shape) -> tuple[str, dict[str, int]]:
    """``H_out * W_out`` and its numbers."""
    names = [f"{letter}_out" for letter in LETTERS[len(sizes)]]
    return " * ".join(names), dict(zip(names, sizes, strict=True))

"""The edges of boxes, as files of annotations tell them."""

from __future__ import annotations

import math
import re
from typing import Any

_BEYOND = 1.0
"""Pixels by which a box may leave its image, as tools round: it then ends there."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
"""A number as such files write it; Python also reads `1_0` and other digits."""


def number_of(value: Any) -> float | None:
    """A finite number, also of a text that is one; None of anything else."""
    if type(value) not in (int, float, str):
        return None
    if type(value) is str and not _NUMBER.fullmatch(value):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def unfit_box(
    left: float, top: float, right: float, bottom: float, size: tuple[int, int]
) -> str | None:
    """What is wrong with a box in an image of a height and width; None if nothing."""
    height, width = size
    across, down = right - left, bottom - top
    if across <= 0:
        return f"its width is {across:g}: left is {left:g}, right is {right:g}"
    if down <= 0:
        return f"its height is {down:g}: top is {top:g}, bottom is {bottom:g}"
    edges = {
        "left": -left,
        "top": -top,
        "right": right - width,
        "bottom": bottom - height,
    }
    name, most = max(edges.items(), key=lambda each: each[1])
    inside = min(right, width) > max(left, 0) and min(bottom, height) > max(top, 0)
    if most > _BEYOND or not inside:
        place = {"left": left, "top": top, "right": right, "bottom": bottom}[name]
        said = f"{name} is {place:g}, and the image is {height}x{width}"
        return f"it leaves the image: {said} (height x width)"
    return None


def around_shape(shape: Any) -> tuple[float, float, float, float] | str:
    """The box around a shape of LabelMe's; or what is wrong with it."""
    shape = shape if isinstance(shape, dict) else {}
    kind, points = shape.get("shape_type", "polygon"), shape.get("points")
    # Of each kind that has a box, the fewest and the most of its points.
    forms = {"polygon": (2, None), "rectangle": (2, None), "circle": (2, 2)}
    if not isinstance(kind, str) or kind not in forms:
        known = ", ".join(forms)
        return f"`shape_type` is {repr(kind)[:60]}; boxes are around those of {known}"
    least, most = forms[kind]
    listed = points if isinstance(points, list) else []
    pairs = [point_of(point) for point in listed]
    if not least <= len(pairs) <= (most or len(pairs)) or None in pairs:
        number = "two" if most == least else "two or more"
        return f"its `points` are no list of {number} [x, y]"
    across, down = zip(*(pair for pair in pairs if pair), strict=True)
    if kind == "circle":  # its centre, and a point on its rim
        radius = math.dist(*zip(across, down, strict=True))
        x, y = across[0], down[0]
        return x - radius, y - radius, x + radius, y + radius
    return min(across), min(down), max(across), max(down)


def point_of(point: Any) -> tuple[float, float] | None:
    """Both numbers of a point; None where it has others."""
    if not isinstance(point, list) or len(point) != 2 or str in map(type, point):
        return None
    x, y = map(number_of, point)
    return None if x is None or y is None else (x, y)


def yolo_box(numbers: list[float]) -> tuple[float, float, float, float]:
    """The edges that a line of YOLO's tells: of centre and sides, or of a polygon."""
    if len(numbers) == 4:
        x, y, across, down = numbers
        return x - across / 2, y - down / 2, x + across / 2, y + down / 2
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)

"""A canvas: lines, circles and texts with places and colours, for pictures that are no network of boxes."""

from __future__ import annotations

from typing import Literal

from netspec.objects.immutable import immutable

Point = tuple[float, float]


@immutable
class Line:
    """A line, or where it is closed a polygon, by its corners."""

    points: tuple[Point, ...]
    stroke: str | None
    fill: str | None = None
    width: float = 0.8
    closed: bool = False
    dashed: bool = False


@immutable
class Circle:
    """A circle around a point."""

    x: float
    y: float
    radius: float
    stroke: str | None
    fill: str | None = None
    opacity: float = 1.0


@immutable
class Words:
    """A text, and where its line begins, ends, or has its middle; a turned one runs upwards."""

    text: str
    x: float
    y: float
    size: float
    colour: str
    anchor: Literal["start", "middle", "end"] = "start"
    turned: bool = False


@immutable
class Group:
    """What belongs together.

    Attributes:
        kind: What it is, by which scripts find it.
        data: What it stands for, as names and values of a picture's data.
    """

    kind: str
    items: tuple[Line | Circle | Words, ...]
    data: tuple[tuple[str, str], ...] = ()


@immutable
class Canvas:
    """A picture's size and its contents, from the back to the front."""

    name: str
    width: float
    height: float
    groups: tuple[Group, ...]


def rectangle(
    x: float,
    y: float,
    width: float,
    height: float,
    stroke: str | None,
    fill: str | None = None,
    *,
    dashed: bool = False,
) -> Line:
    """A rectangle as a closed line."""
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return Line(corners, stroke, fill, closed=True, dashed=dashed)

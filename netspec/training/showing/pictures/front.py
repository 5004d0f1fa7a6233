"""Trials of a search over two figures or more, with the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Literal

from netspec.objects.immutable import immutable
from netspec.training.showing.pictures.style import NEUTRAL, TRAINING, figure, headline, png, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DECADE = 20
"""The quotient of the largest and the smallest value from which on an axis is logarithmic."""

_MOST = 6
"""The most pairs of figures that are drawn: those of four."""


@immutable
class Aspect:
    """A figure that trials are compared by.

    Attributes:
        title: Its title.
        direction: Whether more or less of it is better.
        unit: ``%`` for a share, which is a fraction.
    """

    title: str
    direction: Literal["maximize", "minimize"]
    unit: str = ""


@immutable
class Mark:
    """A trial in the picture: its number, its figures, and whether it is of the front."""

    number: int
    figures: Sequence[float]
    best: bool


def front(marks: Sequence[Mark], aspects: Sequence[Aspect], name: str) -> bytes:
    """Trials as PNG; those of the front are numbered.

    Of two figures, the first is drawn up and the second across, and a staircase bounds what the front's trials reach:
    what lies between two of them, nobody reached. Of more, each pair is drawn, without a line: a front over all
    figures is none over two of them.

    Args:
        marks: The trials.
        aspects: The figures, in the order of the trials' own.
        name: The name of the network.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    pairs = list(combinations(range(len(aspects)), 2))[:_MOST]
    columns = min(len(pairs), 3)
    rows = -(-len(pairs) // columns)
    size = (6.4, 4.2) if len(pairs) == 1 else (3.6 * columns, 3.2 * rows + 0.6)
    with figure(*size) as drawn:
        places = drawn.subplots(rows, columns, squeeze=False).ravel()
        for place in places[len(pairs) :]:
            place.set_axis_off()
        for place, (up, across) in zip(places, pairs, strict=False):
            _scatter(place, marks, across, up)
            if len(aspects) == 2:
                steps = staircase([(mark.figures[1], mark.figures[0]) for mark in marks if mark.best], aspects)
                place.plot(*zip(*steps, strict=True), color=TRAINING, linewidth=1.2, zorder=2)
            _scale(place, "x", aspects[across], [mark.figures[across] for mark in marks])
            _scale(place, "y", aspects[up], [mark.figures[up] for mark in marks])
            quiet(place)
        what = "with what it bounds" if len(aspects) == 2 else f"over all {len(aspects)} figures"
        headline(drawn, name, f"trials of a search, by number those of the Pareto front, {what}", size=10)
        return png(drawn)


def staircase(points: Sequence[tuple[float, float]], aspects: Sequence[Aspect]) -> list[tuple[float, float]]:
    """The corners of the bound of what is no better than one of the points: from each the way goes by what is worse.

    Args:
        points: Second and first figure of the front's trials.
        aspects: Both figures, the first first.
    """
    ordered = sorted(points, reverse=aspects[1].direction == "maximize")
    corners = ordered[:1]
    for (_, before), point in pairwise(ordered):
        corners += [(point[0], before), point]
    return corners


def _scatter(place: Axes, marks: Sequence[Mark], across: int, up: int) -> None:
    """The trials over two of their figures: those of the front in front, with their numbers."""
    rest = [mark.figures for mark in marks if not mark.best]
    best = [mark for mark in marks if mark.best]
    place.scatter([f[across] for f in rest], [f[up] for f in rest], s=16, color=NEUTRAL, alpha=0.6, linewidths=0)
    found = [mark.figures for mark in best]
    place.scatter([f[across] for f in found], [f[up] for f in found], s=25, color=TRAINING, zorder=3)
    numbers: dict[tuple[float, float], list[str]] = {}
    for mark in best:
        numbers.setdefault((mark.figures[across], mark.figures[up]), []).append(str(mark.number))
    for point, each in numbers.items():
        text = ", ".join(each[:3]) + (", ..." if len(each) > 3 else "")
        place.annotate(text, point, xytext=(4, 4), textcoords="offset points", fontsize=7)


def _scale(place: Axes, way: Literal["x", "y"], aspect: Aspect, values: Sequence[float]) -> None:
    """The scale of an axis, its title, and its ticks: whole for whole numbers, in per cent for shares."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    axis, rescale = (place.xaxis, place.set_xscale) if way == "x" else (place.yaxis, place.set_yscale)
    whole = all(value == round(value) for value in values) and not aspect.unit
    if min(values) > 0 and max(values) / min(values) >= _DECADE:
        rescale("log")
    elif aspect.unit == "%":
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    else:
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(_share) if aspect.unit == "%" else FuncFormatter(_number))
    axis.set_minor_formatter(NullFormatter())
    axis.set_label_text(aspect.title, fontsize=9)


def _number(value: float, _: int | None = None) -> str:
    """A figure as people write it: 1,000,000, never 1e+06."""
    return f"{value:,.0f}" if abs(value) >= 1 and value == round(value) else f"{value:,.6g}"


def _share(value: float, _: int | None = None) -> str:
    return f"{100 * value:.6g}%"

"""Lines over named places, such as layers, and points in the plane."""

from __future__ import annotations

from math import ceil, inf, log10
from typing import Any

import numpy as np

from netspec.look.drawing.canvas import MARGIN, WIDTH, room, sheet
from netspec.look.drawing.letters import TEXT, cut, width_of
from netspec.look.drawing.plot import Plot, places, plotted
from netspec.look.figures import Chart, Charts, Points
from netspec.picture.themes import DARK, Theme
from netspec.training.showing.pictures.palette import colour

_AXIS = 90
"""Pixels of the width of an axis's numbers and their meaning."""
_BETWEEN, _KEYS = 16, 26
"""Pixels between two charts, and of a line of keys above one."""
_TALLEST, _LOWEST = 210, 80
"""Pixels of a chart's height, at most and at least."""
_NAMES = 240
"""The most pixels of names that stand upright."""
_MOST_NAMES = 40
_KEY = 60
"""Pixels of a key beside its words."""
_LEGEND = 230
_LISTED = 18
_COLOURS, _SHAPES = 7, "o^sDvP*"
"""The colours that all eyes tell apart; further groups have them in other shapes."""


def draw_charts(shown: Charts, theme: str) -> bytes:
    """The figure as PNG.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    width = WIDTH - 2 * MARGIN - _AXIS - 10
    named = list(range(0, len(shown.places), ceil(len(shown.places) / _MOST_NAMES)))
    upright = any(width_of(shown.places[at]) + 8 > width / len(named) for at in named)
    names = [cut(shown.places[at], _NAMES if upright else width) for at in named]
    below = 12 + (round(max(map(width_of, names))) if upright else TEXT + 4) + (24 if shown.axis else 0)
    keys = [_KEYS * ceil(len(chart.curves) / _columns(chart, width)) for chart in shown.charts]
    other = below + sum(keys) + _BETWEEN * (len(keys) - 1)
    height = min(_TALLEST, max(_LOWEST, (room(shown) - other) // len(keys)))
    whole = other + len(keys) * height
    with sheet(shown, theme, whole) as made:
        top = 0
        with plotted(made, whole) as plot:
            for chart, of_keys in zip(shown.charts, keys, strict=True):
                axes = plot.axes(MARGIN + _AXIS, top + of_keys, width, height)
                _chart(axes, chart, plot, width, height)
                axes.set_xlim(-0.5, len(shown.places) - 0.5)
                last = chart is shown.charts[-1]
                axes.set_xticks(named, names if last else [""] * len(names), rotation=90 if upright else 0)
                if last and shown.axis:
                    axes.set_xlabel(shown.axis, **plot.words())
                top += of_keys + height + _BETWEEN
        return made.png()


def _chart(axes: Any, chart: Chart, plot: Plot, width: int, height: int) -> None:
    """One chart: its lines, their bands, its keys."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    for number, curve in enumerate(chart.curves):
        shade = _colour(number + 1, plot.theme)
        values = places(curve.values)
        name = cut(curve.name, width - _KEY)
        axes.plot(np.arange(len(values)), values, color=shade, linewidth=2, marker="o", markersize=5, label=name)
        if curve.low:
            ends = places(curve.low), places(curve.high)
            axes.fill_between(np.arange(len(values)), *ends, color=shade, alpha=0.22, linewidth=0)
    if chart.logarithmic and any(value > 0 for curve in chart.curves for value in curve.values):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=_steps(_decades(chart), height)))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(lambda value, _: "")
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    if chart.limits is not None:
        axes.set_ylim(*chart.limits)
    axes.set_ylabel(cut(chart.unit, min(_TALLEST, height + 60)), **plot.words())
    axes.yaxis.set_label_coords(-(_AXIS - 14) / width, 0.5)
    if len(chart.curves) > 1:
        columns = _columns(chart, width)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, columnspacing=1.2, **plot.keys())


def _columns(chart: Chart, width: int) -> int:
    """How many keys stand in a line; a curve that is alone has none, and then it is endless."""
    if len(chart.curves) == 1:
        return 10**9
    widest = max(width_of(cut(curve.name, width - _KEY)) for curve in chart.curves)
    return max(1, int(width / (widest + _KEY)))


def _steps(decades: float, height: int) -> tuple[int, ...]:
    """The numbers within a power of ten that have room beside an axis of so many pixels."""
    most = height / (TEXT + 6)
    return next((each for each in ((1, 2, 5), (1, 3)) if decades * len(each) + 1 <= most), (1,))


def _decades(chart: Chart) -> float:
    """The powers of ten between the least and the largest number."""
    values = [value for curve in chart.curves for value in curve.values if 0 < value < inf]
    return log10(max(values)) - log10(min(values)) if values else 0.0


def draw_points(shown: Points, theme: str) -> bytes:
    """The figure as PNG.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    whole = room(shown)
    with sheet(shown, theme, whole) as made:
        with plotted(made, whole) as plot:
            axes = plot.axes(MARGIN + _AXIS, 0, WIDTH - 2 * MARGIN - _AXIS - _LEGEND, whole - 52)
            axes.set_xlabel(shown.axes[0], **plot.words())
            axes.set_ylabel(shown.axes[1], **plot.words())
            present = [int(group) for group in np.unique(shown.groups)]
            for place, group in enumerate(present):
                where = places(shown.points[shown.groups == group])
                name = cut(shown.names[group], _LEGEND - 50) if shown.names and place < _LISTED else None
                shape = _SHAPES[group // _COLOURS % len(_SHAPES)]
                shade = _colour(1 + group % _COLOURS, plot.theme)
                axes.scatter(where[:, 0], where[:, 1], s=18, color=shade, marker=shape, label=name, linewidths=0)
            if shown.names:
                more = f"and {len(present) - _LISTED} more" if len(present) > _LISTED else None
                axes.legend(
                    loc="upper left", bbox_to_anchor=(1.01, 1.0), handletextpad=0.3, markerscale=1.6, title=more,
                    title_fontproperties={"size": plot.words()["fontsize"]}, **plot.keys(),
                )  # fmt: skip
        return made.png()


def _colour(place: int, theme: Theme) -> tuple[float, float, float]:
    """A colour for a line or a group, from 1; black is left out."""
    lift = 1.0 if theme is DARK else 0.86
    red, green, blue = (each / 255 * lift for each in colour(place))
    return red, green, blue

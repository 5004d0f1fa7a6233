"""Lines over named places, such as layers, and points in the plane."""

from __future__ import annotations

from math import ceil, inf, log10
from typing import Any

import numpy as np

from netspec.diagnostics.styled import visible
from netspec.look.drawing.canvas import MARGIN, TEXT, WIDTH, cut, points, sheet
from netspec.look.figures import Chart, Charts, Points
from netspec.picture.themes import DARK, Theme
from netspec.report.numbers import shorten
from netspec.training.showing.pictures.palette import colour

_CHART, _BETWEEN, _AXIS = 210, 30, 90
"""Pixels of a chart's height, between two charts, and of the width of their numbers."""
_NAMES = 240
"""The most pixels of names that stand upright."""
_MOST_NAMES = 40
_LETTER = 0.6 * TEXT
"""The width of a letter."""
_PLANE = 560
_LEGEND = 230
_LISTED = 20
_COLOURS, _SHAPES = 7, "o^sDvP*"
"""The colours that all eyes tell apart; further groups have them in other shapes."""


def draw_charts(shown: Charts, theme: str) -> bytes:
    """The figure as PNG."""
    width = WIDTH - 2 * MARGIN - _AXIS - 10
    places = list(range(0, len(shown.places), ceil(len(shown.places) / _MOST_NAMES)))
    upright = max(map(len, shown.places)) * _LETTER > width / len(places)
    most = int(_NAMES / _LETTER) if upright else 99
    names = [shorten(visible(shown.places[at]), most, "…") for at in places]
    below = (round(max(map(len, names)) * _LETTER) if upright else TEXT) + 18 + (24 if shown.axis else 0)
    whole = len(shown.charts) * (_CHART + _BETWEEN) - _BETWEEN + below
    with sheet(shown, theme, whole) as made:
        top = made.height - MARGIN - whole
        for number, chart in enumerate(shown.charts):
            axes = made.axes(MARGIN + _AXIS, top + number * (_CHART + _BETWEEN), width, _CHART)
            _chart(axes, chart, made.theme)
            axes.set_xlim(-0.5, len(shown.places) - 0.5)
            last = number == len(shown.charts) - 1
            axes.set_xticks(places, names if last else [""] * len(names), rotation=90 if upright else 0)
            if last and shown.axis:
                axes.set_xlabel(shown.axis, fontsize=points(TEXT), color=made.theme.text)
        return made.png()


def _chart(axes: Any, chart: Chart, theme: Theme) -> None:
    """One chart: its lines, their bands, its legend."""
    from matplotlib.ticker import LogLocator

    for number, curve in enumerate(chart.curves):
        shade = _colour(number + 1, theme)
        values = np.array(curve.values, float)
        axes.plot(np.arange(len(values)), values, color=shade, linewidth=2, marker="o", markersize=5, label=curve.name)
        if curve.low:
            axes.fill_between(np.arange(len(values)), curve.low, curve.high, color=shade, alpha=0.22, linewidth=0)
    if chart.logarithmic and any(value > 0 for curve in chart.curves for value in curve.values):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if _decades(chart) < 3 else (1,)))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(lambda value, _: "")
    if chart.limits is not None:
        axes.set_ylim(*chart.limits)
    axes.set_ylabel(chart.unit, fontsize=points(TEXT), color=theme.text)
    axes.yaxis.set_label_coords(-(_AXIS - 14) / (WIDTH - 2 * MARGIN - _AXIS - 10), 0.5)
    if len(chart.curves) > 1:
        axes.legend(fontsize=points(TEXT), labelcolor=theme.text, frameon=False, ncols=len(chart.curves), loc="best")


def _decades(chart: Chart) -> float:
    """The powers of ten between the least and the largest number."""
    values = [value for curve in chart.curves for value in curve.values if 0 < value < inf]
    return log10(max(values) / min(values))


def draw_points(shown: Points, theme: str) -> bytes:
    """The figure as PNG."""
    with sheet(shown, theme, _PLANE + 50) as made:
        top = made.height - MARGIN - _PLANE - 50
        axes = made.axes(MARGIN + _AXIS, top, WIDTH - 2 * MARGIN - _AXIS - _LEGEND, _PLANE)
        axes.set_xlabel(shown.axes[0], fontsize=points(TEXT), color=made.theme.text)
        axes.set_ylabel(shown.axes[1], fontsize=points(TEXT), color=made.theme.text)
        present = [int(group) for group in np.unique(shown.groups)]
        for place, group in enumerate(present):
            where = shown.points[shown.groups == group]
            name = cut(shown.names[group], _LEGEND - 50, TEXT) if place < _LISTED else None
            shape = _SHAPES[group // _COLOURS % len(_SHAPES)]
            shade = _colour(1 + group % _COLOURS, made.theme)
            axes.scatter(where[:, 0], where[:, 1], s=18, color=shade, marker=shape, label=name, linewidths=0)
        more = f"and {len(present) - _LISTED} more" if len(present) > _LISTED else None
        if shown.names:
            axes.legend(
                fontsize=points(TEXT), labelcolor=made.theme.text, frameon=False, loc="upper left",
                bbox_to_anchor=(1.01, 1.0), borderaxespad=0, handletextpad=0.3, markerscale=1.6,
                title=more, title_fontproperties={"size": points(TEXT)},
            )  # fmt: skip
        return made.png()


def _colour(number: int, theme: Theme) -> tuple[float, float, float]:
    """A colour for a line or a group, from 1; black is left out."""
    red, green, blue = colour(number)
    lift = 1.0 if theme is DARK else 0.86
    return red / 255 * lift, green / 255 * lift, blue / 255 * lift

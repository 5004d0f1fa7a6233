"""Lines over named places, such as layers, and points in the plane."""

from __future__ import annotations

from itertools import chain
from math import ceil

import numpy as np

from netspec.look.drawing.canvas import MARGIN, WIDTH, Sheet, room, sheet
from netspec.look.drawing.letters import TEXT, cut, width_of
from netspec.look.drawing.plot import SHAPES, Axis, Colour, Plot, key
from netspec.look.drawing.ticks import number
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
_KEY = 26 + 7 + 22
"""Pixels of a key beside its words."""
_LEGEND = 230
_LISTED = 18
_COLOURS = 7
"""The colours that all eyes tell apart; further groups have them in other shapes."""


def draw_charts(shown: Charts, theme: str) -> bytes:
    """The figure as PNG."""
    width = WIDTH - 2 * MARGIN - _AXIS - 10
    places = list(range(0, len(shown.places), ceil(len(shown.places) / _MOST_NAMES)))
    upright = any(width_of(shown.places[at]) + 8 > width / len(places) for at in places)
    names = [cut(shown.places[at], _NAMES if upright else width) for at in places]
    below = 12 + (round(max(map(width_of, names))) if upright else TEXT + 4) + (24 if shown.axis else 0)
    keys = [_lines_of_keys(chart, width) for chart in shown.charts]
    other = below + sum(_BETWEEN + _KEYS * len(lines) for lines in keys) - _BETWEEN
    height = min(_TALLEST, max(_LOWEST, (room(shown) - other) // len(shown.charts)))
    with sheet(shown, theme, other + len(shown.charts) * height) as made:
        top = made.height - MARGIN - other - len(shown.charts) * height
        for chart, lines in zip(shown.charts, keys, strict=True):
            _draw_keys(made, lines, top)
            top += _KEYS * len(lines)
            plot = Plot(made, (MARGIN + _AXIS, top, width, height), Axis(-0.5, len(shown.places) - 0.5), _axis(chart))
            plot.grid(chart.unit, MARGIN - 2)
            shades = [_colour(place + 1, made.theme) for place in range(len(chart.curves))]
            for curve, shade in zip(chart.curves, shades, strict=True):
                if curve.low:
                    plot.band(curve.low, curve.high, shade)
            for curve, shade in zip(chart.curves, shades, strict=True):
                plot.line(curve.values, shade)
            plot.ends()
            last = chart is shown.charts[-1]
            for at, name in zip(places, names, strict=True):
                plot.below(at, name if last else "", upright=upright)
            top += height + _BETWEEN
        if shown.axis:
            made.text(MARGIN + _AXIS + width / 2, made.height - MARGIN, shown.axis, across="middle", down="end")
        return made.png()


def _axis(chart: Chart) -> Axis:
    if chart.limits is not None:
        return Axis(*chart.limits)
    lines = chain.from_iterable((curve.values, curve.low, curve.high) for curve in chart.curves)
    values = list(chain.from_iterable(lines))
    return Axis.around(values, logarithmic=chart.logarithmic and any(value > 0 for value in values))


def _lines_of_keys(chart: Chart, width: float) -> list[list[tuple[int, str]]]:
    """The number and the name of each curve, in lines that fit; none of a curve that is alone."""
    lines: list[list[tuple[int, str]]] = []
    left = 0.0
    for place, curve in enumerate(chart.curves if len(chart.curves) > 1 else ()):
        name = cut(curve.name, width - _KEY)
        if not lines or width_of(name) + _KEY > left:
            lines.append([])
            left = width
        lines[-1].append((place, name))
        left -= width_of(name) + _KEY
    return lines


def _draw_keys(made: Sheet, lines: list[list[tuple[int, str]]], top: float) -> None:
    for line in lines:
        left = float(MARGIN + _AXIS)
        for place, name in line:
            left += key(made, left, top, name, _colour(place + 1, made.theme), SHAPES[0], line=True) + 22
        top += _KEYS


def draw_points(shown: Points, theme: str) -> bytes:
    """The figure as PNG."""
    height = room(shown) - 52
    with sheet(shown, theme, room(shown)) as made:
        top = made.height - MARGIN - room(shown)
        width = WIDTH - 2 * MARGIN - _AXIS - _LEGEND
        x, y = (Axis.around(shown.points[:, side].tolist()) for side in (0, 1))
        plot = Plot(made, (MARGIN + _AXIS, top, width, height), x, y)
        plot.grid(shown.axes[1], MARGIN - 2)
        left = MARGIN + _AXIS + width + 14
        present = [int(group) for group in np.unique(shown.groups)]
        for place, group in enumerate(present):
            shape = SHAPES[group // _COLOURS % len(SHAPES)]
            shade = _colour(1 + group % _COLOURS, made.theme)
            plot.points(shown.points[shown.groups == group], shape, shade)
            if shown.names and place < _LISTED:
                key(made, left, top + 23 * place, cut(shown.names[group], _LEGEND - 40), shade, shape)
        if shown.names and len(present) > _LISTED:
            made.text(left, top + 23 * _LISTED, f"and {len(present) - _LISTED} more")
        plot.ends()
        for tick in x.ticks(8):
            plot.below(tick, number(tick))
        made.text(MARGIN + _AXIS + width / 2, made.height - MARGIN, shown.axes[0], across="middle", down="end")
        return made.png()


def _colour(place: int, theme: Theme) -> Colour:
    """A colour for a line or a group, from 1; black is left out."""
    lift = 1.0 if theme is DARK else 0.86
    red, green, blue = (round(each * lift) for each in colour(place))
    return red, green, blue

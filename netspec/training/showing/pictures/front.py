"""Trials of a search over two figures, with the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.training.showing.pictures.style import NEUTRAL, TRAINING, figure, headline, png, quiet

_DECADE = 20
"""The quotient of the largest and the smallest value from which on an axis is logarithmic."""


def front(points: Sequence[tuple[float, float, bool, str]], titles: Sequence[str], name: str) -> bytes:
    """Trials as PNG: the second figure across, the first up; those of the front are joined and numbered.

    Args:
        points: First figure, second figure, whether it is of the front, and its number, for each trial.
        titles: The titles of both figures.
        name: The name of the network.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    with figure(6.4, 4.2) as drawn:
        from matplotlib.ticker import FuncFormatter, NullFormatter

        axes = drawn.subplots()
        rest = [point for point in points if not point[2]]
        best = sorted((point for point in points if point[2]), key=lambda point: point[1])
        axes.scatter([p[1] for p in rest], [p[0] for p in rest], s=16, color=NEUTRAL, alpha=0.6, linewidths=0)
        axes.plot([p[1] for p in best], [p[0] for p in best], color=TRAINING, marker="o", linewidth=1.2, markersize=5)
        for value, across, _, number in best:
            axes.annotate(number, (across, value), xytext=(4, 4), textcoords="offset points", fontsize=7)
        values = [point[1] for point in points]
        if min(values) > 0 and max(values) / min(values) >= _DECADE:
            axes.set_xscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(_number))
            axis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(titles[1], fontsize=9)
        axes.set_ylabel(titles[0], fontsize=9)
        quiet(axes)
        headline(drawn, name, "trials of a search; the Pareto front is joined, by the numbers of its trials")
        return png(drawn)


def _number(value: float, _: int | None = None) -> str:
    """A figure as people write it: 1,000,000, never 1e+06."""
    return f"{value:,.0f}" if abs(value) >= 1 and value == round(value) else f"{value:,.6g}"

"""The confusion matrix: true classes against predicted ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.diagnostics.styled import shortened
from netspec.training.showing.pictures.style import figure, headline, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_NUMBERED = 20
"""The most classes at which every cell bears its count."""
_LONGEST = 28
"""The characters of a class that are shown."""
_NAMED = 150
"""The most classes at which every row and column bears its name."""


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str], *, title: str = "") -> bytes:
    """The confusion matrix as PNG: true classes downwards, predicted ones to the right.

    The colour of a cell is its share of the true class's examples, on a scale that lets a hundredth be seen. Up to 20
    classes cells also bear their counts, up to 150 rows and columns bear names, beyond that numbers.

    Args:
        counts: Examples by their class (rows) and the class predicted (columns).
        classes: Names, in the order of rows and columns.
        title: Over the picture: the run's name.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    count = len(classes)
    cell = 0.48 if count <= _NUMBERED else 0.15 if count <= _NAMED else 18 / count
    names = max((min(len(name), _LONGEST) for name in classes), default=0) * 0.07 if count <= _NAMED else 0.3
    side = max(2.4, cell * count)
    with figure(side + min(names, 2.2) + 1.5, side + min(names, 2.2) + 1.1) as drawn:
        axes = drawn.subplots()
        shares = [[number / max(1, sum(row)) for number in row] for row in counts]
        image = _cells(axes, shares)
        if count <= _NUMBERED:
            _numbers(axes, counts, shares)
        _names(axes, classes)
        _scale(drawn, axes, image, side)
        total, right = sum(map(sum, counts)), sum(row[index] for index, row in enumerate(counts))
        told = f"{right / total:.2%} of {total:,} on the diagonal" if total else "no examples"
        headline(drawn, title or "confusion matrix", told, size=max(11, side))
        return png(drawn, margin=0.15)  # the layout of square cells is not exact: what sticks out is not to be cut off


def _cells(axes: Axes, shares: list[list[float]]) -> AxesImage:
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    blues = LinearSegmentedColormap.from_list("blues", ["#FFFFFF", "#D6E6F4", "#7FB3D9", "#2171B5", "#08306B"])
    image = axes.imshow(shares, cmap=blues, norm=PowerNorm(0.45, 0, 1), interpolation="nearest")
    for spine in axes.spines.values():
        spine.set_color("#9AA5B1")
    if len(shares) <= _NAMED:
        edges = [index - 0.5 for index in range(1, len(shares))]
        width = 0.6 if len(shares) <= _NUMBERED else 0.25
        axes.hlines(edges, -0.5, len(shares) - 0.5, color="#E4E7EB", linewidth=width)
        axes.vlines(edges, -0.5, len(shares) - 0.5, color="#E4E7EB", linewidth=width)
    return image


def _numbers(axes: Axes, counts: Sequence[Sequence[int]], shares: list[list[float]]) -> None:
    widest = max((len(f"{number:,}") for row in counts for number in row), default=1)
    size = min(8.5, 36 / max(widest, 4))
    for row, numbers in enumerate(counts):
        for column, number in enumerate(numbers):
            if number:
                ink = "white" if shares[row][column] > 0.35 else "#1F2933"
                text = axes.text(column, row, f"{number:,}", ha="center", va="center", fontsize=size, color=ink)
                text.set_in_layout(False)  # it moves nothing, being within its cell, and to measure it takes time


def _names(axes: Axes, classes: Sequence[str]) -> None:
    count = len(classes)
    title_size = 10 if count <= _NUMBERED else 14
    axes.set_xlabel("predicted class", fontsize=title_size)
    axes.set_ylabel("true class", fontsize=title_size)
    axes.tick_params(length=0 if count <= _NAMED else 3, color="#9AA5B1")
    if count > _NAMED:
        axes.tick_params(labelsize=11)
        return
    size = 9 if count <= _NUMBERED else 6.5
    shown = [shortened(name, _LONGEST) for name in classes]
    upright = count <= _NUMBERED and max(map(len, shown)) <= 3
    axes.set_xticks(range(count), shown, rotation=0 if upright else 90, fontsize=size)
    axes.set_yticks(range(count), shown, fontsize=size)


def _scale(drawn: Figure, axes: Axes, image: AxesImage, side: float) -> None:
    bar = drawn.colorbar(
        image, ax=axes, shrink=min(0.6, 4 / side), aspect=24, pad=0.02, ticks=[0, 0.01, 0.05, 0.2, 0.5, 1]
    )
    size = 8 if side < 6 else 11
    bar.ax.set_yticklabels(["0%", "1%", "5%", "20%", "50%", "100%"], fontsize=size)
    bar.set_label("share of the true class", fontsize=size + 1)
    bar.outline.set_visible(False)

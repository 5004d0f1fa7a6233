"""Figures: what a method found, as arrays with their scale, labels and units; they are drawn afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

Array = np.ndarray[Any, Any]

UNTINTED: Final = "untinted"
"""The key of what is left as the image is."""

Key = tuple[int, int, int] | Literal["untinted"] | None
"""What stands before words of a legend: a square of a colour, an empty square, or nothing."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers at both ends of a row of colours.

    Attributes:
        low: The number at the dark, or the negative, end.
        high: The number at the other end.
        unit: The meaning of the numbers, for the colour bar.
        signed: Whether 0 is in the middle, and both ends are equally far from it.
    """

    low: float
    high: float
    unit: str
    signed: bool = False

    @classmethod
    def of(cls, values: Array, unit: str, *, signed: bool | None = None) -> Scale:
        """The scale of numbers: from the least to the largest that are finite.

        Args:
            values: Of any shape.
            unit: Their meaning.
            signed: Whether 0 is in the middle; None says so where some are below 0.
        """
        finite = values[np.isfinite(values)].astype(np.float64)
        if not finite.size:
            return cls(0.0, 1.0, unit)
        low, high = float(finite.min()), float(finite.max())
        if signed if signed is not None else low < 0:
            most = max(-low, high) or 1.0
            return cls(-most, most, unit, signed=True)
        low = min(low, 0.0)
        return cls(low, high if high > low else low + 1.0, unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The base of all figures.

    Attributes:
        name: The stem of its file's name: letters, digits, dots, dashes and underscores.
        title: Its title: what is shown, the layer, the class.
        subtitle: A line below the title.
        remark: A sentence of it for texts that show no pictures.
        facts: Numbers that belong to it, for programs.
    """

    name: str
    title: str
    subtitle: str = ""
    remark: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles(Figure):
    """Small pictures of one size, side by side in rows.

    Attributes:
        tiles: Numbers [N, H, W], or colours uint8 [N, H, W, 3].
        scale: The scale of the numbers; None for colours.
        labels: A word for each tile, or none at all.
        columns: Tiles of a row; None finds a number.
        rows: A word for each row; without any, the number of its first tile.
    """

    tiles: Array
    scale: Scale | None = None
    labels: Sequence[str] = ()
    columns: int | None = None
    rows: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """A picture with its caption.

    Attributes:
        caption: What it shows.
        image: Colours, uint8 [H, W, 3], under the numbers; None for none.
        heat: Numbers [H, W] over the image; None for none.
    """

    caption: str
    image: Array | None = None
    heat: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panels(Figure):
    """Larger pictures beside each other, each with a caption, all with one scale.

    Attributes:
        panels: The pictures.
        scale: The scale of their numbers; None where none has numbers.
        columns: Pictures of a row; None finds a number.
        legend: Words below the pictures, each with its colour, `UNTINTED` for an empty square, or None for none.
    """

    panels: Sequence[Panel]
    scale: Scale | None = None
    columns: int | None = None
    legend: Sequence[tuple[Key, str]] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a chart.

    Attributes:
        name: Its name in the legend.
        values: A number for each place on the axis; nan where there is none.
        low: The lower border of a band around it; empty for none.
        high: The upper border.
    """

    name: str
    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over one axis.

    Attributes:
        curves: The lines.
        unit: The meaning of the numbers.
        logarithmic: Whether the numbers' axis is logarithmic.
        limits: The ends of the numbers' axis; None finds them.
    """

    curves: Sequence[Curve]
    unit: str
    logarithmic: bool = False
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts(Figure):
    """Charts below each other over one axis of named places, such as layers.

    Attributes:
        places: The names along the axis.
        axis: The meaning of the places.
        charts: The charts.
    """

    places: Sequence[str]
    charts: Sequence[Chart]
    axis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points(Figure):
    """Points in the plane, coloured by their group.

    Attributes:
        points: [N, 2].
        groups: The number of each point's group, [N].
        names: The names of the groups.
        axes: The meanings of both axes.
    """

    points: Array
    groups: Array
    names: Sequence[str]
    axes: tuple[str, str]

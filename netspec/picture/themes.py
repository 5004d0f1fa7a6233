"""Colours of pictures.

Families are told apart by lightness as well as by hue, after Okabe and Ito's palette for colour-blind eyes ("Color
universal design", 2008), and by their words: no meaning stands in a colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from netspec.objects.immutable import immutable


@immutable
class Theme:
    """The colours of a picture, as CSS writes them.

    Attributes:
        page: The background; None leaves it transparent.
        text, faint: Titles, and further lines.
        edge: Edges and the outlines of boxes.
        frame: The outlines of frames.
        shade: The ground of frames; the same at every depth.
        scale: The ground of boxes that are coloured by an amount, for the least and the largest.
        families: The ground of boxes, by the family of their layer.
        marks: The ground of boxes by what became of them from one network to another.
    """

    page: str | None
    text: str
    faint: str
    edge: str
    frame: str
    shade: str
    scale: tuple[str, str]
    families: Mapping[str, str]
    marks: Mapping[str, str]


LIGHT = Theme(
    page="#ffffff",
    text="#1b1f24",
    faint="#3d444d",
    edge="#57606a",
    frame="#b4bcc6",
    shade="#f3f5f8",
    scale=("#ffffff", "#f3a273"),
    families={
        "convolution": "#a9d3f2",
        "dense": "#d9a9c9",
        "pool": "#f9da9f",
        "norm": "#dcebdd",
        "activation": "#fbf3c4",
        "dropout": "#eceef0",
        "reshape": "#eceef0",
        "merge": "#b5e2d3",
        "tensor": "#f2d3c2",
        "block": "#d9e4f5",
        "input": "#ffffff",
        "output": "#ffffff",
    },
    marks={
        "same": "#ffffff",
        "added": "#9fdcc4",
        "removed": "#f3b79c",
        "changed": "#f6df84",
        "resized": "#e4eaf2",
    },
)
DARK = Theme(
    page="#14181d",
    text="#eef1f5",
    faint="#d0d8e0",
    edge="#98a3af",
    frame="#4d5763",
    shade="#1b2128",
    scale=("#1b2128", "#96471a"),
    families={
        "convolution": "#1d4f78",
        "dense": "#6d3a5c",
        "pool": "#74511a",
        "norm": "#2c4a33",
        "activation": "#5a5222",
        "dropout": "#363c44",
        "reshape": "#363c44",
        "merge": "#1c5f4d",
        "tensor": "#6b4230",
        "block": "#2a3a55",
        "input": "#14181d",
        "output": "#14181d",
    },
    marks={
        "same": "#1b2128",
        "added": "#1c5f4d",
        "removed": "#7d3a1d",
        "changed": "#5f5516",
        "resized": "#323d4a",
    },
)
PRINT = Theme(
    page=None,
    text="#000000",
    faint="#333333",
    edge="#333333",
    frame="#888888",
    shade="none",
    scale=("#ffffff", "#a6a6a6"),
    families={
        "convolution": "#d0d0d0",
        "dense": "#bdbdbd",
        "pool": "#e4e4e4",
        "merge": "#f2f2f2",
        "block": "#eaeaea",
        **dict.fromkeys(("norm", "activation", "dropout", "reshape", "tensor", "input", "output"), "#ffffff"),
    },
    marks={
        "same": "#ffffff",
        "added": "#c4c4c4",
        "removed": "#ffffff",
        "changed": "#dedede",
        "resized": "#f2f2f2",
    },
)
THEMES: Mapping[str, Theme] = {"light": LIGHT, "dark": DARK, "print": PRINT}


def mixed(low: str, high: str, share: float) -> str:
    """A colour between two, in sRGB."""
    parts = [(int(low[at : at + 2], 16), int(high[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)

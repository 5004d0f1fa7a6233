"""A network's picture in a format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from netspec.diagnostics import Code, NetspecError

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.picture.drawing import Direction

SHOWN = ("kernel", "shapes")
"""What boxes tell unless asked otherwise."""


def picture_file(
    analysis: Analysis,
    *,
    form: str = ".svg",
    style: Literal["graph", "volumes", "blocks"] = "graph",
    level: int | None = None,
    direction: Direction = "down",
    theme: Literal["light", "dark", "print"] = "light",
    width: str | None = None,
    show: Sequence[str] = SHOWN,
    colour: Literal["kind", "params", "macs", "memory"] = "kind",
) -> str | bytes:
    """A picture of a network as a file.

    Args:
        analysis: The network.
        form: The suffix of the format: ``.svg``, ``.png``, ``.pdf``, ``.tex``, ``.mmd`` or ``.dot``.
        style: A ``graph`` of boxes; feature maps as ``volumes`` to scale, which show no branches side by side; or the
            table of stages with each distinct one of the ``blocks`` beside it.
        level: Levels of modules to show; deeper ones are folded. By default as many as stay easy to survey.
        direction: Where the data of a graph flows to: ``down`` or ``right``; that of volumes flows to the right.
        theme: The colours: ``light``, ``dark``, or ``print``, which is grey on a transparent ground.
        width: The width with its unit, ``88mm``.
        show: What boxes tell: ``kernel``, ``shapes``, ``params``, ``macs``, ``field``.
        colour: What the ground of boxes tells: their ``kind``, or their share of an amount.

    Raises:
        NetspecError: NS0911: the format is unknown or the width is none. NS0904: a library that
            the format needs is not installed.
    """
    from netspec.picture import captions, units
    from netspec.picture.blocks import blocks
    from netspec.picture.building import scene
    from netspec.picture.drawing import Drawing
    from netspec.picture.layout import layout
    from netspec.picture.picture import Picture, fills
    from netspec.picture.themes import THEMES
    from netspec.picture.volume_shapes import Volumes
    from netspec.picture.volumes import line_scene, volumes
    from netspec.picture.writers import writer

    write = writer(form)
    size = None if width is None else units.width(width)
    drawing: Drawing | Volumes
    if style == "volumes":
        shown = line_scene(analysis, level)
        drawing = volumes(analysis, shown)
    elif style == "blocks":
        if level is not None:
            message = "blocks are drawn whole, whatever their level"
            raise NetspecError.of(Code.UNKNOWN_FORMAT, message, help="--level is for --style graph and volumes")
        drawing = blocks(analysis, direction, show)
        shown = drawing.scene
    else:
        shown = scene(analysis, level, show)
        drawing = layout(shown, direction)
    colours = THEMES[theme]
    doc = captions.described(analysis, shown)
    return write(Picture(drawing, colours, doc, size, fills(shown, colours, colour)))

"""Pictures of networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.driver.spec import Spec, elaborate
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.picture.drawing import Direction

SHOWN = ("kernel", "shapes")
"""What boxes tell unless asked otherwise."""


def draw(
    spec: Spec | str | Path,
    *,
    form: str = ".svg",
    style: Literal["graph", "volumes", "blocks"] = "graph",
    level: int | None = None,
    direction: Direction = "down",
    theme: Literal["light", "dark", "print"] = "light",
    width: str | None = None,
    show: Sequence[str] = SHOWN,
    colour: Literal["kind", "params", "macs", "memory"] = "kind",
    inputs: Mapping[str, Shape] | None = None,
    **params: Any,
) -> str | bytes:
    """A picture of a network.

    Args:
        spec: A loaded spec, or an argument for `load`.
        form: The suffix of the format: ``.svg``, ``.png``, ``.pdf``, ``.tex``, ``.mmd`` or ``.dot``.
        style: A ``graph`` of boxes; feature maps as ``volumes`` to scale, which show no branches side by side; or the
            table of stages with each distinct one of the ``blocks`` beside it.
        level: Levels of modules to show; deeper ones are folded. By default as many as stay easy to survey.
        direction: Where the data of a graph flows to: ``down`` or ``right``; that of volumes flows to the right.
        theme: The colours: ``light``, ``dark``, or ``print``, which is grey on a transparent ground.
        width: The width with its unit, ``88mm``.
        show: What boxes tell: ``kernel``, ``shapes``, ``params``, ``macs``, ``field``.
        colour: What the ground of boxes tells: their ``kind``, or their share of an amount.
        inputs: Input shapes in place of the spec's own.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong. NS0911: the format is unknown or the width is none. NS0904: a library that
            the format needs is not installed.
    """
    from netspec.analysis import analyze
    from netspec.picture import captions, units
    from netspec.picture.blocks import blocks
    from netspec.picture.building import scene
    from netspec.picture.drawing import Drawing
    from netspec.picture.layout import layout
    from netspec.picture.picture import Picture, fills
    from netspec.picture.themes import THEMES
    from netspec.picture.volumes import Volumes, line_scene, volumes
    from netspec.picture.writers import writers

    known = writers()
    if form not in known:
        message = (
            f"`{form}` is the suffix of no picture" if form else "the file's name has no suffix to tell its format"
        )
        raise NetspecError.of(
            Code.UNKNOWN_FORMAT, message, expected=f"one of {', '.join(known)}", fact=unknown(form, known)
        )
    size = None if width is None else units.width(width)
    analysis = analyze(elaborate(spec, inputs, **params))
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
    return known[form](Picture(drawing, colours, doc, size, fills(shown, colours, colour)))

"""`netspec explain`: The arithmetic behind a network's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from netspec.cli import options
from netspec.cli import picture_options as pictures
from netspec.cli.output import keep_inputs
from netspec.frontend.pause import collection_paused
from netspec.report.document import Document


@click.command()
@options.spec("inputs")
@click.argument("layers", nargs=-1)
@pictures.file(
    "--draw",
    suffixes=pictures.of_shapes,
    help="Draw what a unit of the LAYER sees, as SVG, PNG, PDF or TikZ, by the suffix of FILE.",
)
@pictures.theme
@pictures.width
@options.told
@collection_paused()
def explain(
    spec: options.Given,
    layers: tuple[str, ...],
    draw: Path | None,
    theme: Literal["light", "dark", "print"],
    width: str | None,
) -> Document:
    """Show where the figures of SPEC come from: formulas with the numbers put in.

    LAYERS are paths of layers or blocks, as `netspec summary` shows them; for these, the way to their shapes is shown
    too. A diagnostic code in place of SPEC, such as NS0302, prints its page. --draw draws, for one
    LAYER, the windows that its middle unit sees on the maps before it, and a convolution's step; --theme and --width
    are the picture's.
    """
    from netspec.report import error_page

    if draw is not None and len(layers) != 1:
        raise click.UsageError("--draw draws one LAYER.")
    if error_page.is_code(spec.source):
        return error_page.page(spec.source)
    from netspec import api
    from netspec.files.writing import write_atomic
    from netspec.report.explanation import explanation

    loaded = spec.load()
    keep_inputs(draw, spec.source, *(each.name for each in loaded.document.places.sources))
    inputs = spec.input_shapes(loaded)
    explained = api.explain(loaded, layers, inputs)
    if draw is not None:
        form = pictures.form_of(draw)
        made = api.draw_field(loaded, layers[0], form=form, theme=theme, width=width, inputs=inputs)
        write_atomic(draw, made)
    return explanation(loaded.name, explained, ways=bool(layers))

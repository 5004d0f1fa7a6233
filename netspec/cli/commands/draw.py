"""`netspec draw`: A picture of the network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from netspec.cli import destinations, options
from netspec.cli import picture_options as pictures
from netspec.cli.output import keep_inputs
from netspec.frontend.pause import collection_paused

SHOW = ("kernel", "shapes", "params", "macs", "field")


def _shown(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in SHOW:
            raise click.BadParameter(f"`{name}` is none of {', '.join(SHOW)}.")
    return names


@click.command()
@pictures.file(
    "-o",
    "--output",
    printed=True,
    help="Write to FILE: .svg, .png, .pdf, .tex (TikZ), .mmd (Mermaid) or .dot. Without it, SVG is printed.",
)
@options.number("--level", help="Levels of modules to show; deeper ones are folded.")
@click.option("--direction", type=click.Choice(["down", "right"]), default="down", help="Direction of the data.")
@click.option(
    "--style",
    type=click.Choice(["graph", "volumes", "blocks"]),
    default="graph",
    help="Boxes with their blocks, feature maps to scale, or a table of stages with each block once.",
)
@pictures.theme
@pictures.width
@click.option(
    "--show",
    metavar="LIST",
    default="kernel,shapes",
    type=_shown,
    help=f"Texts in the boxes, with commas: {', '.join(SHOW)}.",
)
@click.option(
    "--colour",
    "--color",
    type=click.Choice(["kind", "params", "macs", "memory"]),
    default="kind",
    help="Meaning of the boxes' colours: their kind, or their share of an amount.",
)
@options.spec("inputs", "inference")
@collection_paused()
def draw(spec: options.Given, output: Path | None, **values: Any) -> None:
    """Draw SPEC: its layers as boxes, its blocks as frames, rounds that are alike once, with their number.

    The picture is drawn from the spec alone, without a forward pass. PNG and PDF need netspec[draw].
    """
    from netspec import api
    from netspec.files.writing import write_atomic

    loaded = spec.load()
    keep_inputs(output, spec.source, *(source.name for source in loaded.document.places.sources))
    printed = output is None or str(output) == destinations.PRINTED
    form = ".svg" if printed or output is None else output.suffix.lower()
    made = api.draw(loaded, form=form, inputs=spec.input_shapes(loaded), **values)
    if printed or output is None:
        click.echo(made, file=sys.stdout, nl=False)
    else:
        write_atomic(output, made)

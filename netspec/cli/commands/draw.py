"""`netspec draw`: A picture of the network."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from netspec.cli import options
from netspec.cli.output import keep_inputs
from netspec.frontend.pause import collection_paused

SHOW = ("kernel", "shapes", "params", "macs", "field")


def _shown(ctx: click.Context, param: click.Parameter, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in SHOW:
            raise click.BadParameter(f"`{name}` is none of {', '.join(SHOW)}.")
    return names


@click.command()
@click.argument("spec")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write to FILE: .svg, .png, .pdf, .tex (TikZ), .mmd (Mermaid) or .dot. Without it, SVG is printed.",
)
@click.option(
    "--style",
    type=click.Choice(["graph", "volumes"]),
    default="graph",
    help="Boxes with their blocks, or feature maps to scale.",
)
@click.option("--level", type=click.IntRange(min=1), help="Levels of modules to show; deeper ones are folded.")
@click.option("--direction", type=click.Choice(["down", "right"]), default="down", help="Where the data flows to.")
@click.option("--theme", type=click.Choice(["light", "dark", "print"]), default="light", help="Colours; print is grey.")
@click.option("--width", metavar="WIDTH", help="The picture's width, such as 88mm: a column of a paper.")
@click.option(
    "--show",
    metavar="LIST",
    default="kernel,shapes",
    callback=_shown,
    help=f"What boxes tell, with commas: {', '.join(SHOW)}.",
)
@click.option(
    "--colour",
    "--color",
    type=click.Choice(["kind", "params", "macs", "memory"]),
    default="kind",
    help="What the ground of boxes tells: their kind, or their share of an amount.",
)
@options.inference
@options.inputs
@options.settings
@collection_paused()
def draw(
    spec: str,
    output: Path | None,
    style: str,
    level: int | None,
    direction: str,
    theme: str,
    width: str | None,
    show: tuple[str, ...],
    colour: str,
    inference: bool,
    inputs: tuple[tuple[str | None, tuple[int, ...]], ...],
    settings: tuple[str, ...],
) -> None:
    """Draw SPEC: its layers as boxes, its blocks as frames, alike rounds once with their number.

    The picture is drawn from the spec alone, without a forward pass. PNG and PDF need netspec[draw].
    """
    from netspec import api
    from netspec.files.writing import write_atomic

    loaded = options.load(spec, settings)
    keep_inputs(output, spec, *(source.name for source in loaded.document.places.sources))
    loaded = api.for_inference(loaded) if inference else loaded
    printed = output is None or str(output) == "-"
    made = api.draw(
        loaded,
        form=".svg" if printed or output is None else output.suffix.lower(),
        style=style,  # type: ignore[arg-type]
        level=level,
        direction=direction,  # type: ignore[arg-type]
        theme=theme,  # type: ignore[arg-type]
        width=width,
        show=show,
        colour=colour,  # type: ignore[arg-type]
        inputs=options.input_shapes(loaded, inputs),
    )
    if printed or output is None:
        click.echo(made, file=sys.stdout, nl=False)
    else:
        write_atomic(output, made)

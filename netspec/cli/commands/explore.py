"""`netspec explore`: The network as a page to click through."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from netspec.cli import options
from netspec.cli.output import keep_inputs
from netspec.frontend.pause import collection_paused


@click.command()
@options.path("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")
@options.spec("inputs", "inference")
@collection_paused()
def explore(spec: options.Given, output: Path | None) -> None:
    """Write SPEC as one HTML page: picture, table, and the arithmetic, the spec and the source of each layer.

    The page holds all of it, asks for no other file, and computes nothing.
    """
    from netspec import api
    from netspec.files.writing import write_atomic

    loaded = spec.load()
    keep_inputs(output, spec.source, *(source.name for source in loaded.document.places.sources))
    made = api.explore(loaded, inputs=spec.input_shapes(loaded))
    if output is None or str(output) == "-":
        click.echo(made, file=sys.stdout, nl=False)
    else:
        write_atomic(output, made)

"""Options of commands that write pictures of networks."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from netspec.cli import destinations, options


def of_graphs() -> Collection[str]:
    """The suffixes of pictures of graphs."""
    from netspec.picture.writers import writers

    return writers()


def of_shapes() -> Collection[str]:
    """The suffixes of pictures of any shapes, which formats of graphs alone cannot tell."""
    from netspec.picture.writers import of_shapes

    return of_shapes()


def file(*names: str, suffixes: destinations.Suffixes = of_graphs, help: str, **values: Any) -> options.Decorator:
    """An option that takes the file of a picture, by default of a network's graph."""
    return destinations.file(*names, suffixes=suffixes, help=help, **values)


theme = click.option(
    "--theme", type=click.Choice(["light", "dark", "print"]), default="light", help="Colours; print is grey."
)
width = click.option("--width", metavar="WIDTH", help="The picture's width, such as 88mm: a column of a paper.")


def form_of(target: Path) -> str:
    """The suffix that tells a picture's format."""
    return target.suffix.lower()

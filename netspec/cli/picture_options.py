"""Options of commands that write pictures, and the writing."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import options
from netspec.cli.output import keep_inputs


def file(*names: str, help: str) -> options.Decorator:
    """An option that takes the file of a picture."""
    return options.path(*names, metavar="FILE", help=help)


theme = click.option(
    "--theme", type=click.Choice(["light", "dark", "print"]), default="light", help="Colours; print is grey."
)
width = click.option("--width", metavar="WIDTH", help="The picture's width, such as 88mm: a column of a paper.")


def form_of(target: Path) -> str:
    """The suffix that tells a picture's format."""
    return target.suffix.lower()


def write(target: Path, made: str | bytes, *read: str | Path | None) -> None:
    """Write a picture, but over nothing that the command has read."""
    from netspec.files.writing import write_atomic

    keep_inputs(target, *read)
    write_atomic(target, made)

"""`netspec init`: A spec to start from, for the data at hand."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from netspec.cli import destinations, options


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--data",
    metavar="DATA",
    default="digits",
    show_default=True,
    help="A file or a folder, a set that needs none, or '{table: FILE, target: COLUMN}' as a recipe has it.",
)
@options.plugins
def init(file: Path | None, data: str) -> None:
    """Write a spec to start from: a small network for DATA, with the recipe that trains it.

    The data are looked at: their kind, size and classes decide the network. FILE is named after them unless it is
    given, and must not be there; - prints the spec.
    """
    from netspec import api

    printed = str(file) == destinations.PRINTED
    if file is not None and not printed:
        _check(file)
    made = api.start(data, None if file is None or printed else file.stem)
    if printed:
        click.echo(made.text, nl=False)
        return
    if file is None:
        file = Path(f"{made.name}.yaml")
        _check(file)
    from netspec.diagnostics.styled import printable
    from netspec.files.writing import write_new

    try:
        write_new(file, made.text)
    except FileExistsError:  # made while the data were looked at
        _check(file)
    name = printable(str(file))
    given = shlex.quote(name if not name.startswith("-") else f"./{name}")
    click.echo(f"{name} is {made.title}\n\n  netspec summary {given}\n  netspec train {given}")


def _check(file: Path) -> None:
    """Make sure that a file can be written, and is not there."""
    from netspec.diagnostics.styled import printable

    destinations.check(file, (".yaml", ".yml"))
    if os.path.lexists(file):
        raise click.UsageError(
            f"{printable(str(file))} is there already, and init replaces nothing; give another FILE."
        )

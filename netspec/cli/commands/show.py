"""`netspec show`: The text of a zoo spec."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the text of the zoo spec NAME: a start for one of your own."""
    from netspec import api

    if name.removesuffix(".yaml") not in api.zoo() and Path(name).is_file():
        raise click.UsageError(f"{name} is a file; show prints the specs that `netspec list` names.")
    click.echo(api.zoo_text(name), nl=False)

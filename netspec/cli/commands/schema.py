"""`netspec schema`: JSON Schema of the language, for editors."""

from __future__ import annotations

import json

import click

from netspec.cli import options


@click.command()
@options.plugins
def schema() -> None:
    """Print the JSON Schema of the language, by which editors complete and check specs."""
    from netspec import api

    click.echo(json.dumps(api.schema(), indent=2))

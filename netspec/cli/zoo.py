"""`netspec list` and `netspec show`."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import options


@click.command("list")
@options.output_format
def list_(form: str) -> None:
    """List the architectures of the zoo."""
    from netspec import api

    docs = {name: " ".join(api.load(name).document.doc.split()) for name in api.zoo()}
    if form == "json":
        import json

        click.echo(json.dumps([{"name": name, "doc": doc} for name, doc in docs.items()], indent=2))
        return
    from netspec.report.reference import definition_list

    click.echo(definition_list(docs), nl=False)


@click.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the text of the zoo spec NAME: a start for one of your own."""
    from netspec import api

    if name.removesuffix(".yaml") not in api.zoo() and Path(name).is_file():
        raise click.UsageError(f"{name} is a file; show prints the specs that `netspec list` names.")
    click.echo(api.zoo_text(name), nl=False)

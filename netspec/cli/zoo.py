"""`netspec list` and `netspec show`."""

from __future__ import annotations

import click


@click.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
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

    click.echo(api.zoo_text(name), nl=False)

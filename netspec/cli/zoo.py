"""`netspec list` and `netspec show`."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import options


@click.command("list")
@options.page_format
def list_(form: str) -> None:
    """List the architectures of the zoo; as Markdown and as data with what they cost."""
    from netspec import api
    from netspec.report import zoo

    if form == "json":
        import json

        click.echo(json.dumps(list(zoo.zoo_records(api.zoo())), indent=2))
    elif form == "markdown":
        click.echo(zoo.zoo_markdown(api.zoo()), nl=False)
    else:
        from netspec.report.reference import definition_list

        docs = {name: zoo.first_sentence(api.load(name).document.doc) for name in api.zoo()}
        click.echo(definition_list(docs), nl=False)


@click.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the text of the zoo spec NAME: a start for one of your own."""
    from netspec import api

    if name.removesuffix(".yaml") not in api.zoo() and Path(name).is_file():
        raise click.UsageError(f"{name} is a file; show prints the specs that `netspec list` names.")
    click.echo(api.zoo_text(name), nl=False)

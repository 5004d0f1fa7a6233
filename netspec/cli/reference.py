"""`netspec layers` and `netspec schema`."""

from __future__ import annotations

import json

import click

from netspec.cli import options


@click.command()
@click.argument("name", required=False)
@options.page_format
@options.plugins
def layers(name: str | None, form: str) -> None:
    """Describe the layer NAME with its options, or list all layers."""
    from netspec.report import reference

    described = reference.layers() if name is None else [reference.layer(name)]
    if form == "json":
        click.echo(json.dumps([each.as_dict() for each in described], indent=2))
    elif form == "markdown":
        from netspec.report.reference_markdown import reference_markdown

        click.echo(reference_markdown(described), nl=False)
    elif name is None:
        click.echo(reference.definition_list({each.name: each.summary for each in described}), nl=False)
    else:
        click.echo(described[0].as_text(), nl=False)


@click.command()
@options.plugins
def schema() -> None:
    """Print the JSON Schema of the language, by which editors complete and check specs."""
    from netspec import api

    click.echo(json.dumps(api.schema(), indent=2))

"""`netspec layers`: The layer reference."""

from __future__ import annotations

import click

from netspec.cli import options, output


@click.command()
@click.argument("name", required=False)
@options.output_format
@options.plugins
def layers(name: str | None, form: str) -> None:
    """Describe the layer NAME with its options, or list all layers."""
    from netspec.report import reference

    output.write(reference.layer_list() if name is None else reference.layer(name), form)

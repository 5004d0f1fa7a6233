"""`netspec layers`: The layer reference."""

from __future__ import annotations

import click

from netspec.cli import options
from netspec.report.document import Document


@click.command()
@click.argument("name", required=False)
@options.told
@options.plugins
def layers(name: str | None) -> Document:
    """Describe the layer NAME with its options, or list all layers."""
    from netspec.report import reference

    return reference.layer_list() if name is None else reference.layer(name)

"""`netspec layers`: The layer reference."""

from __future__ import annotations

import click

from netspec.cli import options
from netspec.report.document import Document


@click.command()
@click.argument("name", required=False)
@click.option("--check", is_flag=True, help="Hold NAME, or all layers of plugins, against their modules in torch.")
@options.told
@options.plugins
def layers(name: str | None, check: bool) -> Document:
    """Describe the layer NAME with its options, or list all layers.

    With --check the rules of a plugin's layers are tried with random options and shapes: shapes, types, weights and
    work have to be those of the modules that they emit.
    """
    if check:
        from netspec.recipe.libraries import require

        require("torch", "hypothesis", what="--check", extra="contract")
        from netspec.contract import checked

        return checked(name)
    from netspec.report import reference

    return reference.layer_list() if name is None else reference.layer(name)

"""`netspec recipes`: The recipes that come with netspec."""

from __future__ import annotations

import click

from netspec.cli import options
from netspec.report.document import Document


@click.command()
@click.argument("name", required=False)
@options.told
def recipes(name: str | None) -> Document:
    """List the recipes that come with netspec, or print the recipe NAME: a start for one of your own."""
    from netspec import api
    from netspec.report.recipes import recipe_list, recipe_page

    return recipe_list(api.recipes()) if name is None else recipe_page(name)

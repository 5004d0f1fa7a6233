"""`netspec explain`: The arithmetic behind a network's figures."""

from __future__ import annotations

import click

from netspec.cli import options
from netspec.frontend.pause import collection_paused
from netspec.report.document import Document


@click.command()
@options.spec("inputs")
@click.argument("layers", nargs=-1)
@options.told
@collection_paused()
def explain(spec: options.Given, layers: tuple[str, ...]) -> Document:
    """Show where the figures of SPEC come from: formulas with the numbers put in.

    LAYERS are paths of layers or blocks, as `netspec summary` shows them; for these, the way to their shapes is shown
    too. A diagnostic code in place of SPEC, such as NS0302, prints its page.
    """
    from netspec.report import error_page

    if error_page.is_code(spec.source):
        return error_page.page(spec.source)
    from netspec import api
    from netspec.report.explanation import explanation

    loaded = spec.load()
    return explanation(loaded.name, api.explain(loaded, layers, spec.input_shapes(loaded)), ways=bool(layers))

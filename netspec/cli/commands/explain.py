"""`netspec explain`: The arithmetic behind a network's figures."""

from __future__ import annotations

import click

from netspec.cli import options, output
from netspec.frontend.pause import collection_paused


@click.command()
@click.argument("spec")
@click.argument("layers", nargs=-1)
@options.output_format
@options.inputs
@options.settings
@collection_paused()
def explain(
    spec: str,
    layers: tuple[str, ...],
    form: str,
    inputs: tuple[tuple[str | None, tuple[int, ...]], ...],
    settings: tuple[str, ...],
) -> None:
    """Show where the figures of SPEC come from: formulas with the numbers put in.

    LAYERS are paths that `netspec summary` shows, of layers or of blocks; of these, it tells also how their shapes came
    about. In place of a SPEC, a diagnostic code such as NS0302 prints its page.
    """
    from netspec.report import error_page

    if error_page.is_code(spec):
        output.write(error_page.page(spec), form)
        return
    from netspec import api
    from netspec.report.explanation import explanation

    loaded = options.load(spec, settings)
    found = api.explain(loaded, layers, options.input_shapes(loaded, inputs))
    output.write(explanation(loaded.name, found, ways=bool(layers)), form)

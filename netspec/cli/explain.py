"""`netspec explain`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from netspec.cli import options
from netspec.frontend.pause import collection_paused

if TYPE_CHECKING:
    from netspec.analysis.explanation import Explanation


@click.command()
@click.argument("spec")
@click.argument("layers", nargs=-1)
@options.page_format
@click.option(
    "--input", "inputs", type=options.InputShape(), multiple=True, help="Another input shape: 3x64x64 or NAME=3x64x64."
)
@options.settings
@options.plugins
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
    from netspec.report.error_page import error_page, error_page_text, is_code

    if is_code(spec):
        click.echo(error_page(spec) if form == "markdown" else error_page_text(spec), nl=False)
        return
    from netspec import api

    loaded = options.load(spec, settings)
    found = api.explain(loaded, layers, options.input_shapes(loaded, inputs))
    sys.stdout.write(_page(form, loaded.name, found, ways=bool(layers)))


def _page(form: str, name: str, found: Sequence[Explanation], *, ways: bool) -> str:
    if form == "json":
        from netspec.report.explanation import explanation_json

        return explanation_json(name, found)
    if form == "markdown":
        from netspec.report.explanation_markdown import explanation_markdown

        return explanation_markdown(name, found, ways=ways)
    from netspec.report.explanation import explanation_text

    return explanation_text(found, ways=ways)

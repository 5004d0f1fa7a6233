"""`netspec summary`: Layers, shapes and counts as a table."""

from __future__ import annotations

import click

from netspec.cli import options, output
from netspec.diagnostics import NetspecError
from netspec.frontend.pause import collection_paused


@click.command()
@options.number("--depth", help="Levels of nesting to show; deeper ones are summed up.")
@options.number("--batch", help="Size of the batch, shown in shapes and activation bytes.")
@click.option(
    "--data-format",
    type=click.Choice(["channels_first", "channels_last"]),
    default="channels_first",
    help="Order of the axes of images: torch's, or Keras's.",
)
@options.output_format
@options.spec("inputs", "inference")
@collection_paused()
def summary(spec: options.Given, form: str, depth: int | None, batch: int | None, data_format: str) -> int:
    """Show the layers of SPEC with their shapes, parameters and operations.

    For a broken spec: the layers before the first error, then the errors.
    """
    from netspec.report.numbers import View
    from netspec.report.writers import writer

    view = View(batch, data_format == "channels_last", depth)
    if view != View() and not writer(form).for_people:
        raise click.UsageError(f"--depth, --batch and --data-format shape a table; they have no meaning for {form}.")
    from netspec import api
    from netspec.analysis import analyze
    from netspec.graph import Graph
    from netspec.report.summary import summary as document

    try:
        loaded = spec.load()
        graph = api.elaborate(loaded, spec.input_shapes(loaded))
    except NetspecError as error:
        known = analyze(error.partial) if isinstance(error.partial, Graph) and error.partial.nodes else None
        return output.write(document(known, view, error.diagnostics), form)
    return output.write(document(analyze(graph), view), form)

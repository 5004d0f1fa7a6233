"""`netspec summary`: Layers, shapes and counts as a table."""

from __future__ import annotations

import click

from netspec.cli import options, output
from netspec.diagnostics import NetspecError
from netspec.frontend.pause import collection_paused


def _columns(value: str) -> tuple[str, ...]:
    """``name,kernel,field``, or the name of a set of columns, as the columns' names."""
    from netspec.report.layer_columns import COLUMN_SETS, LAYER_COLUMNS

    return options.columns(value, LAYER_COLUMNS, COLUMN_SETS)


@click.command()
@click.option(
    "--columns",
    type=_columns,
    metavar="A,B,C",
    help="Columns by name, or a set of them: paper is the table of papers, all is all. An unknown one lists them.",
)
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
def summary(
    spec: options.Given,
    form: str,
    columns: tuple[str, ...] | None,
    depth: int | None,
    batch: int | None,
    data_format: str,
) -> int:
    """Show the layers of SPEC with their shapes, parameters and operations.

    For a broken spec: the layers before the first error, then the errors. With --columns, layers stand without the
    blocks around them; with the columns of papers, those alone that papers list.
    """
    from netspec.report.layer_columns import DEFAULT
    from netspec.report.numbers import View
    from netspec.report.writers import writer

    view = View(batch, data_format == "channels_last", depth)
    if view != View() and not writer(form).for_people:
        raise click.UsageError(f"--depth, --batch and --data-format shape a table; they have no meaning for {form}.")
    if columns and form == "json":
        raise click.UsageError("--columns shapes a table; JSON has all that is known.")
    if columns and depth:
        raise click.UsageError("--depth folds blocks, and a table of --columns has none.")
    from netspec import api
    from netspec.analysis import analyze
    from netspec.graph import Graph
    from netspec.report.summary import summary as document

    try:
        loaded = spec.load()
        graph = api.elaborate(loaded, spec.input_shapes(loaded))
    except NetspecError as error:
        known = analyze(error.partial) if isinstance(error.partial, Graph) and error.partial.nodes else None
        return output.write(document(known, view, error.diagnostics, columns or DEFAULT), form)
    return output.write(document(analyze(graph), view, names=columns or DEFAULT), form)

"""`netspec summary`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from netspec.cli import options
from netspec.diagnostics import NetspecError
from netspec.frontend.pause import collection_paused

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.report.numbers import View


@click.command()
@click.argument("spec")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "markdown"]),
    default="table",
    help="A table to read, or data.",
)
@click.option("--depth", type=click.IntRange(min=1), help="Levels of nesting to show; deeper ones are summed up.")
@click.option("--batch", type=click.IntRange(min=1), help="Size of the batch, shown in shapes and activation bytes.")
@click.option(
    "--input", "inputs", type=options.InputShape(), multiple=True, help="Another input shape: 3x64x64 or NAME=3x64x64."
)
@click.option(
    "--data-format",
    type=click.Choice(["channels_first", "channels_last"]),
    default="channels_first",
    help="Order of the axes of images: torch's, or Keras's.",
)
@options.inference
@options.settings
@options.plugins
@collection_paused()
def summary(
    spec: str,
    form: str,
    depth: int | None,
    batch: int | None,
    inputs: tuple[tuple[str | None, tuple[int, ...]], ...],
    data_format: str,
    inference: bool,
    settings: tuple[str, ...],
) -> int:
    """Show the layers of SPEC with their shapes, parameters and operations.

    Of a broken spec, it shows what comes before the first error, then the errors.
    """
    from netspec.report.numbers import View

    view = View(batch, data_format == "channels_last", depth)
    if form in ("json", "csv") and view != View():
        raise click.UsageError(f"--depth, --batch and --data-format shape a table; they have no meaning for {form}.")
    from netspec import api
    from netspec.analysis import analyze

    try:
        loaded = options.load(spec, settings)
        loaded = api.for_inference(loaded) if inference else loaded
        graph = api.elaborate(loaded, options.input_shapes(loaded, inputs))
    except NetspecError as error:
        return _broken(error, form, view)
    _write(analyze(graph), form, view)
    return 0


def _write(analysis: Analysis, form: str, view: View, *, complete: bool = True) -> None:
    if form == "json":
        from netspec.report.json import summary_json

        sys.stdout.write(summary_json(analysis))
    elif form == "csv":
        from netspec.report.csv import summary_csv

        sys.stdout.write(summary_csv(analysis))
    elif form == "markdown":
        from netspec.report.markdown import summary_markdown

        sys.stdout.write(summary_markdown(analysis, view))
    else:
        from netspec.cli.output import page, show
        from netspec.report.table import summary_table

        show(summary_table(analysis, view, page(), complete=complete))


def _broken(error: NetspecError, form: str, view: View) -> int:
    """What there is of the summary, then the errors; in JSON both are one document."""
    from netspec.analysis import analyze
    from netspec.graph import Graph

    graph = error.partial
    analysis = analyze(graph) if isinstance(graph, Graph) and graph.nodes else None
    if form == "json":
        from netspec.report.json import broken_json

        sys.stdout.write(broken_json(analysis, error.diagnostics))
        return 1
    if analysis:
        _write(analysis, form, view, complete=False)
        sys.stdout.write("\n")
    raise error

"""`netspec compare`: Networks beside each other, a row each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from netspec.cli import options
from netspec.cli import picture_options as pictures
from netspec.cli.output import keep_inputs
from netspec.diagnostics import NetspecError
from netspec.frontend.pause import collection_paused
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.analysis.optimizer_state import OptimizerState
    from netspec.driver.spec import Spec
    from netspec.report.compare import Entrant


def _columns(value: str) -> tuple[str, ...]:
    """``params,macs``, or the name of a set of columns, as the columns' names."""
    from netspec.report.figures import FIGURES, SETS

    return options.columns(value, FIGURES, SETS)


def _order(value: str) -> tuple[str, bool]:
    """A column's name, or ``name``, and whether a minus before it puts the largest first."""
    from netspec.report.figures import FIGURES

    name = value.removeprefix("-")
    options.check_known("column", name, ["name", *FIGURES])
    return name, value.startswith("-")


@click.command()
@click.option(
    "--columns",
    type=_columns,
    metavar="A,B,C",
    default="default",
    help="Columns by name, or a set of them: size is the lectures' table of sizes, all is all.",
)
@click.option("--sort", type=_order, metavar="COLUMN", help="Sort by a column, or by name; -COLUMN the largest first.")
@pictures.file(
    "--plot",
    suffixes=pictures.of_shapes,
    help="Draw the networks over operations, as SVG, PNG, PDF or TikZ, by the suffix of FILE.",
)
@pictures.theme
@pictures.width
@options.told
@options.spec("inputs", metavar="SPEC...", many=True)
@collection_paused()
def compare(
    specs: list[options.Given],
    columns: tuple[str, ...],
    sort: tuple[str, bool] | None,
    plot: Path | None,
    theme: Literal["light", "dark", "print"],
    width: str | None,
) -> Document:
    """Show several networks beside each other, a row each.

    A spec that is wrong has no row; its errors are told after the others' rows. --plot draws them, too: operations
    along, a published result of the specs or else parameters upwards, parameters as the circles' areas. --theme and
    --width are the picture's.
    """
    from netspec.report import compare as report

    entrants = [_entrant(spec, plot) for spec in specs]
    if sort:
        entrants = report.ordered(entrants, sort[0], descending=sort[1])
    if plot is not None and any(each.subject for each in entrants):
        from netspec import api
        from netspec.files.writing import write_atomic

        shown = [(report.label(each, entrants), each) for each in entrants]
        marks = [api.mark_of(name, each.subject.analysis, each.results) for name, each in shown if each.subject]
        made = api.plot(marks, form=pictures.form_of(plot), theme=theme, width=width)
        write_atomic(plot, made)
    return report.comparison(entrants, columns)


def _entrant(given: options.Given, plot: Path | None) -> Entrant:
    """The row of a spec, or its errors; what it was read from is not to become the plot."""
    from netspec import api
    from netspec.analysis import analyze
    from netspec.report.compare import Entrant
    from netspec.report.figures import Subject

    keep_inputs(plot, given.source)
    try:
        spec = given.load()
    except NetspecError as error:
        return Entrant(given.source, None, tuple(error.diagnostics))
    keep_inputs(plot, *(each.name for each in spec.document.places.sources))
    try:
        analysis = analyze(api.elaborate(spec, given.input_shapes(spec)))
        return Entrant(given.source, Subject(analysis, *_training(spec)), results=spec.document.results)
    except NetspecError as error:
        return Entrant(given.source, None, tuple(error.diagnostics))


def _training(spec: Spec) -> tuple[int | None, OptimizerState | None]:
    """The number of examples that the recipe shows, and its optimizer's state; None where unknown."""
    from netspec.analysis.optimizer_state import PLAIN_SGD

    if not spec.document.train:
        return None, PLAIN_SGD
    from netspec.recipe.recipe import read_recipe

    try:
        recipe = read_recipe(spec.document.train)
    except NetspecError:
        return None, None  # `train` reports the errors of a recipe
    return recipe.presentations(), recipe.optimizer.state

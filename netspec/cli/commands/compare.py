"""`netspec compare`: Networks beside each other, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options, output
from netspec.diagnostics import NetspecError, did_you_mean
from netspec.frontend.pause import collection_paused

if TYPE_CHECKING:
    from netspec.analysis.optimizer_state import OptimizerState
    from netspec.driver.spec import Spec
    from netspec.report.compare import Entrant


class Columns(click.ParamType[Any]):
    """``params,macs``, or the name of a set of columns."""

    name = "columns"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The columns' names."""
        from netspec.report.figures import FIGURES, SETS

        found: list[str] = []
        for name in value.split(","):
            if name not in FIGURES and name not in SETS:
                known = [*FIGURES, *SETS]
                self.fail(f"there is no column {name!r}; {did_you_mean(name, known) or ', '.join(known)}", param, ctx)
            found += SETS.get(name, (name,))
        return tuple(dict.fromkeys(found))


class Order(click.ParamType[Any]):
    """A column's name, or ``name``; with a minus before it the largest comes first."""

    name = "order"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, bool]:
        """The column, and whether the largest comes first."""
        from netspec.report.figures import FIGURES

        name = value.removeprefix("-")
        if name not in FIGURES and name != "name":
            known = ["name", *FIGURES]
            self.fail(f"there is no column {name!r}; {did_you_mean(name, known) or ', '.join(known)}", param, ctx)
        return name, value.startswith("-")


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option(
    "--columns",
    type=Columns(),
    metavar="A,B,C",
    default="default",
    help="Columns by name, or a set of them: size is the lectures' table of sizes, all is all.",
)
@click.option("--sort", type=Order(), metavar="COLUMN", help="Sort by a column, or by name; -COLUMN the largest first.")
@options.inputs
@options.output_format
@options.settings
@collection_paused()
def compare(
    specs: tuple[str, ...],
    columns: tuple[str, ...],
    sort: tuple[str, bool] | None,
    form: str,
    inputs: tuple[tuple[str | None, tuple[int, ...]], ...],
    settings: tuple[str, ...],
) -> int:
    """Show several networks beside each other, a row each.

    A spec that is wrong has no row; its errors are told after the others' rows.
    """
    from netspec.report import compare as report

    entrants = [_entrant(spec, inputs, settings) for spec in specs]
    if sort:
        entrants = report.ordered(entrants, sort[0], descending=sort[1])
    return output.write(report.comparison(entrants, columns), form)


def _entrant(name: str, inputs: tuple[tuple[str | None, tuple[int, ...]], ...], settings: tuple[str, ...]) -> Entrant:
    from netspec import api
    from netspec.analysis import analyze
    from netspec.report.compare import Entrant
    from netspec.report.figures import Subject

    try:
        spec = options.load(name, settings)
        analysis = analyze(api.elaborate(spec, options.input_shapes(spec, inputs)))
        return Entrant(name, Subject(analysis, *_training(spec)))
    except NetspecError as error:
        return Entrant(name, None, tuple(error.diagnostics))


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

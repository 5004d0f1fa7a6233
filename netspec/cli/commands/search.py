"""`netspec search`: The best networks over params and recipe, within a budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options, output

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device


@click.command()
@click.option(
    "--over",
    "axes",
    multiple=True,
    required=True,
    metavar="NAME=VALUES",
    help="An axis (repeatable): width=8..64:log, depths.2=1..6, act=relu,gelu; :step=8; :points=4 of a grid.",
)
@click.option("--budget", multiple=True, metavar="LIMIT", help="Refuse networks above it (repeatable): 'params<=1M'.")
@click.option("--maximize", multiple=True, metavar="FIGURE", help="Search for more of a figure: accuracy (repeatable).")
@click.option("--minimize", multiple=True, metavar="FIGURE", help="Search for less: loss, params, macs (repeatable).")
@options.number("--trials", help="Trials, refused draws not counted: 20 unless given; of a grid all its points.")
@click.option("--grid", is_flag=True, help="Try every point of the axes.")
@options.number(
    "--seeds", default=1, show_default=True, help="Runs of each trial, with a seed each; figures are means."
)
@options.path("--out", metavar="DIR", help="Folder of the search, where it goes on; else runs/NAME-search.")
@click.option("--storage", metavar="URL", help="Database of the trials, for many machines; else a journal in DIR.")
@click.option("--ray", metavar="ADDRESS", help="Train on a cluster of Ray: local, auto, HOST:PORT.")
@options.number("--workers", help="Workers of the cluster, each at one trial; else as many as it has room for.")
@options.data_folder
@options.device
@options.number("--epochs", help="Length of a run in epochs, instead of the recipe's.")
@options.number("--steps", help="Length of a run in steps of the optimizer, instead of the recipe's.")
@options.number("--batch-size", help="Size of the batch, instead of the recipe's.")
@options.seed(help="Seed of runs and draws, instead of the recipe's.")
@options.output_format
@options.spec("recipe")
def search(
    spec: options.Given,
    axes: tuple[str, ...],
    budget: tuple[str, ...],
    maximize: tuple[str, ...],
    minimize: tuple[str, ...],
    trials: int | None,
    grid: bool,
    seeds: int,
    out: Path | None,
    storage: str | None,
    ray: str | None,
    workers: int | None,
    folder: str | None,
    device: Device,
    form: str,
    **changed: Any,
) -> int:
    """Search for the best values of params and of the recipe of SPEC.

    Networks with errors or above a budget are refused before anything is trained; each of the others is an ordinary run
    in DIR. The same command goes on with a search that was ended, also in several processes at once. --ray trains on a
    cluster.
    """
    from rich.console import Console

    from netspec.diagnostics.styled import printable
    from netspec.search import showing
    from netspec.search.drawing import draw
    from netspec.search.driver import read_budget
    from netspec.search.driver import search as searched
    from netspec.search.space import read_axis
    from netspec.search.trial import Goal
    from netspec.training.exit_codes import exit_code

    goals = [Goal(each, "maximize") for each in maximize] + [Goal(each, "minimize") for each in minimize]
    console = Console(stderr=form != "text", highlight=False, soft_wrap=True, markup=False)
    found = searched(
        spec.load(),
        [read_axis(each) for each in axes],
        goals,
        budget=read_budget(budget),
        trials=trials,
        grid=grid,
        seeds=seeds,
        out=out,
        storage=storage,
        ray=ray,
        workers=workers,
        told=lambda trial, goals: console.print(showing.line(trial, goals)),
        warned=output.show_diagnostics,
        device=device,
        folder=folder,
        **{name: value for name, value in changed.items() if value is not None},
    )
    for remark in draw(found):
        console.print(printable(remark))
    output.write(showing.searched(found), form)
    over = found.signal is None and not found.elsewhere  # the process that is at the last trial tells how it ends
    if over and not any(trial.outcome.figures for trial in found.trials):
        return 3 if any(trial.outcome.state == "failed" for trial in found.trials) else 1
    return exit_code(found.signal)

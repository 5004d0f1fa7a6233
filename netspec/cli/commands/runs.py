"""`netspec runs`: Training runs, beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from netspec.cli import options, types
from netspec.diagnostics import Code, NetspecError
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.training.keeping.runs import RunRecord
    from netspec.training.keeping.seed_groups import SeedGroup
    from netspec.training.showing.run_list import Drawn

Found = TypeVar("Found", "RunRecord", "SeedGroup")


@click.command()
@click.argument("places", metavar="[DIR|RUN]...", nargs=-1, type=types.run)
@click.option("--sort", metavar="FIGURE", help="Sort by a figure, the best first: accuracy, validation_loss, seconds.")
@click.option("--draw", is_flag=True, help="Draw the runs' curves and confusion matrices again, from their files.")
@click.option("--over-seeds", is_flag=True, help="A row for runs that differ by the seed alone: means and deviations.")
@options.told
@options.plugins
def runs(places: tuple[Path, ...], sort: str | None, draw: bool, over_seeds: bool) -> Document:
    """List runs beside each other, and the differences of their recipes: those in DIR, which is runs/ unless given.

    Given RUNs, each a run's folder or its name in runs/, these alone are listed, in that order.

    The figures are those of the final weights, and below them those of the best epoch where it is not the last: on
    the held-out images, and on those of the test once that is done.
    Folders that are no run, and broken runs, are named, and make the exit code 1.
    """
    from netspec.files.run_folder import RUNS
    from netspec.training.keeping.runs import read_runs
    from netspec.training.keeping.seed_groups import by_seeds
    from netspec.training.showing.run_list import run_list
    from netspec.training.showing.seed_list import seed_list

    found = read_runs(*(places or [RUNS]))
    drawn = _drawn([run for run in found if not run.problem]) if draw else {}
    if over_seeds:
        groups = by_seeds(found)
        return seed_list(groups if sort is None else _sorted(groups, sort), drawn)
    return run_list(found if sort is None else _sorted(found, sort), drawn)


def _drawn(found: Sequence[RunRecord]) -> dict[Path, Drawn]:
    """The drawn pictures of each run, and the others with the reason."""
    from netspec.training.showing.pictures.of_run import redraw

    told: dict[Path, Drawn] = {}
    for run in found:
        try:
            told[run.folder] = redraw(run.folder, run.metrics)
        except NetspecError as error:
            if error.diagnostics[0].code is Code.TORCH_MISSING:
                raise
            told[run.folder] = [], {"what it keeps": error.diagnostics[0].message}
    return told


def _sorted(found: Sequence[Found], figure: str) -> list[Found]:
    """The runs by a figure of the final weights, in the test unless it is named so; those without it come last."""
    from netspec.recipe.metrics import Metric

    tested = {name.removeprefix("test_") for run in found for name in run.metrics if name.startswith("test_")}
    known: set[str] = tested.union(name for run in found for name in run.validated())
    if figure != "seconds" and figure not in known:
        names = ", ".join(["seconds", *sorted(known)])
        raise click.UsageError(f"no run has a figure {figure!r}; there are {names}.")
    held = figure.startswith("validation_")
    metric = Metric.of_figure(figure.removeprefix("validation_"))
    if metric is None and figure.removeprefix("validation_") not in ("seconds", "loss"):
        raise click.UsageError(f"whether more {figure!r} is better is for its plugin to say: --plugin FILE.py.")
    sign = -1 if metric is not None and metric.higher else 1

    def key(run: RunRecord | SeedGroup) -> tuple[bool, float]:
        value = run.seconds if figure == "seconds" else run.figure(figure if held else f"test_{figure}")
        return value is None, sign * (value or 0)

    return sorted(found, key=key)

"""`netspec runs`."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options, output
from netspec.diagnostics import Code, NetspecError

if TYPE_CHECKING:
    from netspec.diagnostics.styled import Line
    from netspec.report.table import Page
    from netspec.train.keeping.runs import RunRecord


@click.command()
@click.argument("folder", metavar="[DIR]", default="runs", type=click.Path(path_type=Path))
@click.option("--sort", metavar="FIGURE", help="Sort by a figure, the best first: accuracy, loss, seconds.")
@click.option("--draw", is_flag=True, help="Draw the runs' curves and confusion matrices again, of what they keep.")
@options.output_format
def runs(folder: Path, sort: str | None, draw: bool, form: str) -> int:
    """List the runs in DIR beside each other, and what their recipes differ in; DIR may be a run's own folder.

    Of final and best weights the figure is told that the test images gave; before the test, that of the last epoch.
    What is no run, or is broken, is named, and makes the exit code 1.
    """
    from netspec.train.keeping.runs import differences, read_runs

    found = read_runs(folder)
    if sort is not None:
        found = _sorted(found, sort)
    whole = [run for run in found if not run.problem]
    broken = [run for run in found if run.problem]
    drawn = _drawn(whole) if draw else {}
    failed = [*broken, *(each for each in drawn.values() if each[1])]
    if form == "json":
        click.echo(json.dumps([_record(run) | _drawing(drawn.get(run.folder)) for run in found], indent=2))
        return int(bool(failed))
    if not found:
        click.echo(f"there are no runs in {folder}")
    page = output.page()
    output.show(_tables(whole, page))
    output.show(_difference_lines(whole, differences(whole), page))
    for run in broken:
        click.echo(f"{run.folder} is no whole run: {run.problem}", err=True)
    for place, (names, reasons) in drawn.items():
        click.echo(f"{place}: {f'drew {chr(32).join(names)}' if names else 'there is nothing to draw'}")
        for name, reason in reasons.items():
            click.echo(f"{place}: {name} could not be drawn: {reason}", err=True)
    return int(bool(failed))


def _drawn(found: Sequence[RunRecord]) -> dict[Path, tuple[list[str], dict[str, str]]]:
    """For each run the pictures that were drawn, and the others with the reason."""
    from netspec.train.showing.redraw import redraw

    told: dict[Path, tuple[list[str], dict[str, str]]] = {}
    for run in found:
        try:
            told[run.folder] = redraw(run.folder, run.metrics)
        except NetspecError as error:
            if error.diagnostics[0].code is Code.TORCH_MISSING:
                raise
            told[run.folder] = [], {"what it keeps": error.diagnostics[0].message}
    return told


def _drawing(told: tuple[list[str], dict[str, str]] | None) -> dict[str, Any]:
    return {} if told is None else {"drawn": told[0], "undrawn": told[1]}


def _sorted(found: Sequence[RunRecord], figure: str) -> list[RunRecord]:
    """By a figure of the final weights, the best first; what has none comes last."""
    from netspec.recipe.metrics import Metric

    known = {name.removeprefix("test_") for run in found for name in run.metrics if name.startswith("test_")}
    if figure != "seconds" and figure not in known:
        names = ", ".join(["seconds", *sorted(known)])
        raise click.UsageError(f"no run has a figure {figure!r}; there are {names}.")
    metric = Metric.of_figure(figure)
    sign = -1 if metric is not None and metric.higher else 1

    def key(run: RunRecord) -> tuple[bool, float]:
        value = run.metrics.get("seconds") if figure == "seconds" else run.last(figure)
        return value is None, sign * (value or 0)

    return sorted(found, key=key)


def _tables(found: Sequence[RunRecord], page: Page) -> Iterator[Line]:
    """A table for the runs of each headline: accuracies are not compared with errors."""
    from netspec.diagnostics.styled import line

    headlines = list(dict.fromkeys(run.headline() for run in found))
    for index, headline in enumerate(headlines):
        if index:
            yield line()
        yield from _table([run for run in found if run.headline() == headline], headline, page)


def _table(found: Sequence[RunRecord], headline: str | None, page: Page) -> Iterator[Line]:
    from netspec.report.table import Column, grid
    from netspec.train.showing.figures import title

    name = title(headline) if headline else "figure"
    titles = ["Run", "State", "Epochs", name.capitalize(), "Best", "Time", "Device"]
    cells = [_cells(run, headline) for run in found]
    widths = [max(len(row[at]) for row in [titles, *cells]) for at in range(len(titles))]
    for at, least in ((6, 8), (0, 12)):  # a device's name is shortened first, then a run's
        excess = sum(widths) + 3 * len(widths) + 1 - page.width
        widths[at] = max(widths[at] - max(excess, 0), min(least, widths[at]))
    columns = [
        Column(title, width, numeric=at in (2, 3, 4, 5))
        for at, (title, width) in enumerate(zip(titles, widths, strict=True))
    ]
    yield from grid([""] * len(cells), cells, columns, page)


def _cells(run: RunRecord, headline: str | None) -> list[str]:
    from netspec.train.showing.figures import shown

    last, (best, epoch) = ("-", ("", None)) if headline is None else (
        shown(headline, run.last(headline)), _best(run, headline)
    )  # fmt: skip
    seconds = run.metrics.get("seconds")
    return [
        run.folder.name or str(run.folder),
        run.state,
        f"{run.done}/{run.planned}" if run.planned else str(run.done),
        last,
        f"{best} ({epoch})" if epoch else "-",
        "-" if seconds is None else _duration(seconds),
        _device(str(run.metrics.get("device", "-"))),
    ]


def _best(run: RunRecord, headline: str) -> tuple[str, int | None]:
    from netspec.train.showing.figures import shown

    value, epoch = run.best(headline)
    return shown(headline, value), epoch


def _device(described: str) -> str:
    """A device without what is of no account beside others: its threads, and that a GPU is one of CUDA."""
    return re.sub(r", \d+ threads?$", "", described).replace("cuda, ", "")


def _duration(seconds: float) -> str:
    """So many seconds as people say it: 9.3 s, 4:05, 1:02:30."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _difference_lines(found: Sequence[RunRecord], differences: dict[str, list[Any]], page: Page) -> Iterator[Line]:
    """For each run its own values of what recipes differ in."""
    from netspec.diagnostics.styled import line

    if not differences:
        return
    yield line()
    yield line(("recipes differ in", "bold"))
    width = min(24, max(len(run.folder.name) for run in found))
    for index, run in enumerate(found):
        if not run.recipe:
            continue
        values = {key: each[index] for key, each in differences.items()}
        text = "  ".join(f"{key}={_value(value)}" for key, value in values.items() if value is not None)
        label = f"  {run.folder.name:{width}}  "
        lines = textwrap.wrap(text, page.width, initial_indent=label, subsequent_indent=" " * len(label))
        yield from (line(each) for each in lines or [label.rstrip()])


def _value(value: Any) -> str:
    return json.dumps(value) if not isinstance(value, str) else value


def _record(run: RunRecord) -> dict[str, Any]:
    """A run as data: all that its metrics hold but the single epochs."""
    held = {key: value for key, value in run.metrics.items() if key not in ("epochs", "state")}
    own = {"run": str(run.folder), "state": run.state, "epochs_done": run.done, "epochs_planned": run.planned}
    return {**own, "problem": run.problem, **held}

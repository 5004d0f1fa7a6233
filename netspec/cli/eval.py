"""`netspec eval`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options, output
from netspec.diagnostics import Code, NetspecError

if TYPE_CHECKING:
    from netspec.diagnostics.styled import Line
    from netspec.report.table import Page
    from netspec.train.steps.device import Device

_LISTED = 100
"""Classes up to which all are listed; of more, those that are told worst."""
_WORST = 20
_MISTAKES = 5


@click.command("eval")
@click.argument("source", metavar="SPEC|RUN")
@click.option("--weights", metavar="SOURCE", help=f"Weights to judge: {options.WEIGHTS}; of a RUN, its last.")
@options.data_folder
@options.device
@click.option("--confusion", metavar="FILE.png", type=click.Path(path_type=Path), help="Draw the confusion matrix.")
@options.output_format
@options.settings
@options.plugins
def eval_(
    source: str,
    weights: str | None,
    folder: str | None,
    device: Device,
    confusion: Path | None,
    form: str,
    settings: tuple[str, ...],
) -> None:
    """Judge trained weights by the test images of the recipe's data: of a SPEC with --weights, or of a RUN's folder.

    With --data by those of another folder, whose classes go by their names. Where classes are told, each has its
    precision and recall.
    """
    from netspec.files.run_folder import is_run
    from netspec.recipe.libraries import LIBRARIES, require
    from netspec.train.keeping.run_files import run_files

    run = Path(source) if is_run(Path(source)) else None
    spec, weights = run_files(source, weights)
    if weights is None:
        raise click.UsageError(f"{source} is no folder of a run; of a SPEC, say which weights with --weights SOURCE.")
    loaded = options.load(spec, settings)
    output.keep_inputs(confusion, spec, weights)
    require(*LIBRARIES, *(["matplotlib"] if confusion else []))
    from netspec.train.spec import evaluate_spec

    with output.load_report_shown():
        found = evaluate_spec(loaded, weights, run=run, device=device, folder=folder)
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        output.show(_lines(found, output.page()))
        for text in found["notes"]:
            click.echo(f"note: {text}", err=True)
    if confusion is not None:  # last: what was judged is told, whatever becomes of the picture
        _draw(found, confusion)


def _draw(found: Mapping[str, Any], file: Path) -> None:
    from netspec.files.writing import write_atomic
    from netspec.train.showing.pictures.confusion import confusion
    from netspec.train.showing.pictures.of_run import attempt

    if "confusion" not in found:
        raise click.UsageError(f"{found['task']} has no confusion matrix.")
    names = [each["name"] for each in found["classes"]]
    if reason := attempt(lambda: write_atomic(file, confusion(found["confusion"], names, title=found["name"]))):
        raise NetspecError.of(Code.FILE_UNWRITABLE, f"{file} could not be drawn: {reason}")


def _lines(found: Mapping[str, Any], page: Page) -> Iterator[Line]:
    from netspec.diagnostics.styled import line
    from netspec.train.showing.figures import tested

    yield line(tested(found, found["test_images"]))
    if "classes" in found:
        yield line()
        yield from _class_table(found["classes"], found["task"] == "segmentation", page)
        yield from _mistakes(found)


def _class_table(rows: Sequence[Mapping[str, Any]], pixels: bool, page: Page) -> Iterator[Line]:
    """A row for each class; where they are many, for those of the lowest F1."""
    from netspec.diagnostics.styled import line
    from netspec.report.table import Column, grid
    from netspec.train.showing.figures import share

    shown = rows
    if len(rows) > _LISTED:
        shown = sorted(rows, key=lambda row: (row["f1"] is None, row["f1"] or 0))[:_WORST]
        yield line(f"the {_WORST} of {len(rows):,} classes with the lowest F1; --format json has all")
    figures = ["precision", "recall", "f1", *(["iou"] if pixels else [])]
    titles = ["Class", "Pixels" if pixels else "Images", *(name.capitalize() for name in figures[:2]), "F1", "IoU"]
    cells = [
        [row["name"], f"{row['examples']:,}", *(share(row[name]) for name in figures)] for row in shown
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(titles[: len(figures) + 2], *cells, strict=True)]
    widths[0] = min(widths[0], page.width - sum(widths[1:]) - 3 * len(widths) - 1)
    columns = [Column(title, width, at > 0) for at, (title, width) in enumerate(zip(titles, widths, strict=False))]
    yield from grid([""] * len(cells), cells, columns, page)


def _mistakes(found: Mapping[str, Any]) -> Iterator[Line]:
    """The commonest mistakes, on a line."""
    from netspec.diagnostics.styled import line
    from netspec.train.judging.per_class import most_confused

    names = [row["name"] for row in found["classes"]]
    mistakes = most_confused(found["confusion"], names, _MISTAKES)
    if mistakes:
        told = ", ".join(f"{actual} as {guess} ({count:,})" for actual, guess, count in mistakes)
        yield line(f"most often mistaken: {told}")

"""`netspec eval`: Evaluate a trained network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import destinations, options, output
from netspec.diagnostics import Code, NetspecError

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device
    from netspec.driver.spec import Spec


@click.command("eval")
@options.weights(f"Weights to judge: {options.WEIGHTS}; of a RUN, its last.")
@options.data_folder
@options.device
@click.option("--held-out", is_flag=True, help="Of --data, judge the share that the recipe holds out, not all.")
@destinations.file("--confusion", suffixes=(".png",), metavar="FILE.png", help="Draw the confusion matrix.")
@destinations.file(
    "--precision-recall",
    suffixes=(".png",),
    metavar="FILE.png",
    help="Draw a detector's precision over its recall.",
)
@options.output_format
@options.spec_or_run()
def eval_(
    spec: options.Given,
    weights: str | None,
    folder: str | None,
    held_out: bool,
    device: Device,
    confusion: Path | None,
    precision_recall: Path | None,
    form: str,
) -> None:
    """Judge trained weights by the test images of the recipe's data: of a SPEC with --weights, or of a RUN's folder.

    With --data, by those of another folder or file, whose classes go by their names: by all of it where it comes
    without a part for the test. Of a classifier, each class has its precision and recall; of a detector, COCO's average
    precision.
    """
    from netspec.files.run_folder import is_run
    from netspec.recipe.libraries import LIBRARIES, require
    from netspec.training.keeping.runs import run_files

    run = Path(spec.source) if is_run(Path(spec.source)) else None
    source, weights = run_files(spec.source, weights)
    if weights is None:
        raise click.UsageError(f"{source} is no folder of a run; of a SPEC, say which weights with --weights SOURCE.")
    if held_out and folder is None:
        raise click.UsageError("--held-out goes with --data.")
    whole = folder is not None and not held_out
    loaded = replace(spec, source=source).load()
    _check_pictures(loaded, confusion, precision_recall)
    for picture in (confusion, precision_recall):
        output.keep_inputs(picture, source, weights)
    require(*LIBRARIES, *(["matplotlib"] if confusion or precision_recall else []))
    from netspec.training.showing.evaluation import evaluation
    from netspec.training.spec import evaluate_spec

    with output.load_report_shown():
        matrix = confusion is not None
        found = evaluate_spec(loaded, weights, run=run, device=device, whole=whole, matrix=matrix, folder=folder)
    output.write(evaluation(found), form)
    # Last: the results are shown even if drawing a picture fails.
    if confusion is not None:
        _write(confusion, _confusion(found))
    if precision_recall is not None:
        _write(precision_recall, _precision_recall(found))


def _check_pictures(spec: Spec, confusion: Path | None, precision_recall: Path | None) -> None:
    """Make sure that the network is a detector, or none, as its pictures want it."""
    from netspec import api

    if confusion is None and precision_recall is None:
        return
    detects = api.elaborate(spec).detection is not None
    if detects and confusion is not None:
        way = "--precision-recall draws its precision"
        raise click.UsageError(f"{spec.name} is a detector, which has no confusion matrix; {way}.")
    if not detects and precision_recall is not None:
        raise click.UsageError(f"{spec.name} is no detector, and has no precision of boxes over their recall.")


def _confusion(found: Mapping[str, Any]) -> Callable[[], bytes]:
    """What draws the confusion matrix."""
    from netspec.training.showing.pictures.confusion import confusion

    names = [each["name"] for each in found["classes"]]
    return lambda: confusion(found["confusion"], names, title=found["name"])


def _precision_recall(found: Mapping[str, Any]) -> Callable[[], bytes]:
    """What draws the precision over the recall."""
    from netspec.training.showing.pictures.precision_recall import precision_recall

    return lambda: precision_recall(found["precision_at_recall"], found["test_map50"], title=found["name"])


def _write(file: Path, draw: Callable[[], bytes]) -> None:
    from netspec.files.writing import write_atomic
    from netspec.training.showing.pictures.of_run import attempt

    if reason := attempt(lambda: write_atomic(file, draw())):
        raise NetspecError.of(Code.FILE_UNWRITABLE, f"{file} could not be drawn: {reason}")

"""`netspec eval`: Evaluate a trained network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options, output
from netspec.diagnostics import Code, NetspecError

if TYPE_CHECKING:
    from netspec.train.steps.device import Device


@click.command("eval")
@click.argument("source", metavar="SPEC|RUN")
@click.option("--weights", metavar="SOURCE", help=f"Weights to judge: {options.WEIGHTS}; of a RUN, its last.")
@options.data_folder
@options.device
@click.option("--confusion", metavar="FILE.png", type=click.Path(path_type=Path), help="Draw the confusion matrix.")
@options.output_format
@options.settings
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
    from netspec.train.showing.evaluation import evaluation
    from netspec.train.spec import evaluate_spec

    with output.load_report_shown():
        found = evaluate_spec(loaded, weights, run=run, device=device, folder=folder)
    output.write(evaluation(found), form)
    if confusion is not None:  # last: the results are shown even if drawing the picture fails
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

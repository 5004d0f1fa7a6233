"""`netspec predict`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options, output
from netspec.diagnostics import Diagnostic, NetspecError

if TYPE_CHECKING:
    from netspec.diagnostics.styled import Line
    from netspec.train.judging.predict import Prediction
    from netspec.train.steps.device import Device

_BAR = 20
"""Columns of the bar of a certain answer."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--top", type=click.IntRange(min=1), default=5, help="How many classes to tell; 5.")
@click.option("--weights", metavar="SOURCE", help="Other weights than the run's last: RUN/best.safetensors, say.")
@options.device
@options.output_format
@options.entries
@options.plugins
def predict(run: Path, images: tuple[Path, ...], top: int, weights: str | None, device: Device, form: str) -> int:
    """Tell what the network of a RUN sees in images: the likeliest classes, with their probabilities.

    An IMAGE is a file or a folder of images. Each is resized and normalised as the run's own images were. What cannot
    be read is named after the others' answers, and makes the exit code 1.
    """
    from netspec.recipe.libraries import LIBRARIES, require

    require(*LIBRARIES)
    from netspec.train.judging.predict import Predictor, image_files

    with output.load_report_shown():
        predictor = Predictor(run, weights, device, options.max_entries())
    diagnostics: list[Diagnostic] = []
    told: list[Prediction] = []
    for image in image_files(images):
        if isinstance(image, Diagnostic):
            diagnostics.append(image)
            continue
        try:
            found = predictor(image, top)
        except NetspecError as error:
            diagnostics += error.diagnostics
            continue
        told.append(found)
        if form == "text":
            output.show(_lines(found, first=len(told) == 1, pixels=predictor.task == "segmentation"))
    if form == "json":
        records = [_record(each) for each in told] + [{"diagnostics": [d.as_dict()]} for d in diagnostics]
        sys.stdout.write(json.dumps(records, indent=2) + "\n")
        return int(bool(diagnostics))
    if diagnostics:
        raise NetspecError(diagnostics)
    return 0


def _lines(found: Prediction, *, first: bool, pixels: bool) -> Iterator[Line]:
    from netspec.diagnostics.styled import line

    if not first:
        yield line()
    yield line((str(found.image), "bold"))
    if found.values:
        yield line("  " + "  ".join(f"{value:.6g}" for value in found.values))
    if found.error is not None:
        yield line(f"  mean squared error {found.error:.6g}")
    width = min(40, max((len(guess.name) for guess in found.guesses), default=0))
    for guess in found.guesses:
        name = f"  {guess.name[:width]:{width}}"
        if guess.probability is None:
            yield line(f"{name}  score {guess.score:9.4f}")
        else:
            bar = ("█" if output.page().unicode else "#") * round(_BAR * guess.probability)
            yield line(f"{name}  {guess.probability:8.2%}{' of the pixels' if pixels else ''}  ", (bar, "blue"))


def _record(found: Prediction) -> dict[str, Any]:
    record: dict[str, Any] = {"image": str(found.image)}
    if found.values:
        record["values"] = list(found.values)
    if found.error is not None:
        record["mse"] = found.error
    if found.guesses:
        record["classes"] = [
            {"name": guess.name, "probability": guess.probability, "score": guess.score} for guess in found.guesses
        ]
    return record

"""`netspec predict`: A trained network's answers to images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import options, output
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.training.judging.predict import Prediction
    from netspec.training.steps.device import Device


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.number("--top", default=5, show_default=True, help="Number of classes to show.")
@click.option(
    "--pictures",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for masks and overlays of a segmentation, or reconstructions of an autoencoder.",
)
@options.weights("Other weights than the run's last: RUN/best.safetensors, say.")
@options.device
@options.told
@options.entries
@options.plugins
def predict(
    run: Path,
    images: tuple[Path, ...],
    top: int,
    pictures: Path | None,
    weights: str | None,
    device: Device,
    max_entries: int | None,
) -> Document:
    """Show the answers of a RUN's network to images: the likeliest classes, with their probabilities.

    An IMAGE is a file or a folder of images. Each is resized and normalised as the run's own images were. What cannot
    be read is named after the others' answers, and makes the exit code 1.
    """
    from netspec.recipe.libraries import LIBRARIES, require

    require(*LIBRARIES)
    from netspec.training.judging.predict import Predictor, image_files
    from netspec.training.showing.predictions import predictions

    with output.load_report_shown():
        predictor = Predictor(run, weights, device, max_entries)
    draw = None
    if pictures is not None:
        from netspec.training.showing.pictures.of_predictions import Pictures

        draw = Pictures(predictor, pictures, images)
    unread: list[Diagnostic] = []

    def told() -> Iterator[Prediction]:
        for image in image_files(images):
            if isinstance(image, Diagnostic):
                unread.append(image)
                continue
            try:
                yield predictor(image, top, draw)
            except NetspecError as error:
                unread.extend(error.diagnostics)

    bar = "█" if output.page().unicode else "#"
    return predictions(told(), unread, bar=bar)

"""`netspec predict`: A trained network's answers to images."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import destinations, options, output, types
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device
    from netspec.training.judging.heads import Prediction


def _levels(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """``0,1`` as two different numbers."""
    if value is None:
        return None
    try:
        low, high = map(float, value.split(","))
    except ValueError:
        low = high = 0.0
    if not (isfinite(low) and isfinite(high) and low != high):
        raise click.BadParameter(f"'{value}' is not two different numbers, such as 0,1.", ctx, param)
    return low, high


@click.command()
@click.argument("run", type=types.run)
@click.argument("images", metavar="[IMAGE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--prompt", metavar="TEXT", help="Text that a network of next tokens goes on with; - reads it.")
@options.number("--tokens", help="Number of tokens to write; 200 unless given.")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, max=1e6),
    metavar="X",
    help="What scores are divided by: 0 takes the likeliest token, 1, the default, draws as the network learned.",
)
@options.number("--top-k", help="Draw among so many of the likeliest tokens; all unless given.")
@options.seed(help="Seed of what is drawn; 0 unless given.")
@options.number("--top", default=5, show_default=True, help="Number of classes to show.")
@click.option(
    "--score",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Score that a detector's box has at least; 0.5 unless given.",
)
@click.option(
    "--levels",
    callback=_levels,
    metavar="LOW,HIGH",
    help="Values of a pixel that become 0 and 1, black and white: 0,1 for floats; unless given those of the recipe's "
    "`levels`, or of a file's 8 or 16 bits: floats have none of their own.",
)
@destinations.folder(
    "--pictures",
    help="Folder for masks and overlays of a segmentation, reconstructions of an autoencoder, or boxes; of arrays too.",
)
@destinations.file(
    "-o",
    "--output",
    "output_",
    suffixes=(".csv", ".npz"),
    help="Write all answers, to images or rows, as .csv or .npz.",
)
@options.weights("Other weights than the run's last: RUN/best.safetensors, say.")
@options.device
@options.told
@options.entries
@options.plugins
def predict(
    run: Path,
    images: tuple[Path, ...],
    prompt: str | None,
    tokens: int | None,
    temperature: float | None,
    top_k: int | None,
    seed: int | None,
    top: int,
    score: float | None,
    levels: tuple[float, float] | None,
    pictures: Path | None,
    output_: Path | None,
    weights: str | None,
    device: Device,
    max_entries: int | None,
) -> Document:
    """Show the answers of a RUN's network to images: the likeliest classes, with their probabilities.

    An IMAGE is a file or a folder of images. Each is resized and normalised as the run's own images were. What cannot
    be read is named after the others' answers, and makes the exit code 1. Where the run learned from a table, IMAGE is
    a .csv, .tsv or .parquet file of rows; where from arrays or images, it may be an .npy or .npz file of arrays, or a
    folder of such; where from shards, Parquet or a list, it may be such a file of images. Where it learned the next
    tokens of texts, it goes on with --prompt. A detector's run shows the objects that it finds.
    """
    from netspec.frontend.pause import importing
    from netspec.recipe.libraries import LIBRARIES, require

    require(*LIBRARIES)
    drawn = {"tokens": tokens, "temperature": temperature, "top_k": top_k, "seed": seed}
    given = {name: each for name, each in drawn.items() if each is not None}
    if prompt is not None:
        if images or pictures is not None or output_ is not None or levels is not None:
            raise click.UsageError("--prompt goes with no images, --pictures, --output or --levels.")
        return _text(run, prompt, given, weights, device, max_entries)
    if given:
        raise click.UsageError(f"--{next(iter(given)).replace('_', '-')} goes with --prompt.")
    if not images:
        raise click.UsageError("Missing argument 'IMAGE...', or --prompt.")
    from netspec.training.judging.row_files import is_of_rows

    if output_ is not None or any(map(is_of_rows, images)):
        if click.get_current_context().get_parameter_source("top") is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError("--top goes with images that are shown: rows and --output have all classes.")
        return _rows(run, images, output_, pictures, weights, device, max_entries, levels, score)
    with importing("torch"):
        from netspec.training.judging.image_inputs import image_files
        from netspec.training.judging.opened_run import open_run
        from netspec.training.judging.predict import LEAST_SCORE, Predictor
    from netspec.training.showing.predictions import predictions

    with output.load_report_shown():
        predictor = Predictor(open_run(run, weights, max_entries), device, levels)
    if score is not None and predictor.network.detection is None:
        raise click.UsageError("--score goes with a run of a detector.")
    draw, least = None, LEAST_SCORE if score is None else score
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
                yield predictor(image, top, draw, least)
            except NetspecError as error:
                unread.extend(error.diagnostics)

    bar = "█" if output.page().unicode else "#"
    return predictions(told(), unread, bar=bar)


def _text(
    run: Path,
    prompt: str,
    drawn: dict[str, Any],
    weights: str | None,
    device: Device,
    max_entries: int | None,
) -> Document:
    """The text that goes on from a prompt."""
    from netspec.files.reading import standard_input
    from netspec.training.judging.generating import MOST_TOKENS, Sampling, Writer
    from netspec.training.showing.written import written

    count = drawn.pop("tokens", 200)
    if count > MOST_TOKENS:
        raise click.UsageError(f"--tokens is at most {MOST_TOKENS:,}.")
    text = standard_input().decode("utf-8", "replace") if prompt == "-" else prompt
    with output.load_report_shown():
        writer = Writer(run, weights, device, max_entries)
    return written(text, writer.text(text, count, Sampling(**drawn)), count)


def _rows(
    run: Path,
    files: tuple[Path, ...],
    written: Path | None,
    pictures: Path | None,
    weights: str | None,
    device: Device,
    max_entries: int | None,
    levels: tuple[float, float] | None,
    score: float | None,
) -> Document:
    """The answers to rows, or to images, all that there is of each; written and drawn where that is asked for."""
    from rich.console import Console

    from netspec.training.judging.opened_run import open_run
    from netspec.training.judging.predict import LEAST_SCORE
    from netspec.training.judging.row_files import ROWS, is_of_rows
    from netspec.training.judging.rows import RowPredictor

    images = [str(file) for file in files if not is_of_rows(file)]
    if 0 < len(images) < len(files):
        raise click.UsageError(f"{images[0]} is no file of rows ({', '.join(ROWS)}); those and images are not mixed.")
    output.keep_inputs(written, *map(str, files))
    from netspec.training.showing.answers import answers

    with output.load_report_shown():
        predictor = RowPredictor(open_run(run, weights, max_entries), device, levels)
    if score is not None and predictor.network.detection is None:
        raise click.UsageError("--score goes with a run of a detector.")
    draw = None
    if pictures is not None:
        from netspec.training.showing.pictures.of_predictions import Pictures

        draw = Pictures(predictor, pictures, files)
    whole = written is not None and written.suffix.lower() == ".npz"
    least = LEAST_SCORE if score is None else score
    with Console(stderr=True).status("") as status:  # on a terminal alone
        found = predictor(
            files, whole=whole, draw=draw, least=least, answered=lambda count: status.update(f"{count:,} answered")
        )
    if written is not None:
        found.write(written)
    return answers(found, written)

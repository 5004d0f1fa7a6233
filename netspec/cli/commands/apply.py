"""`netspec apply`: A network as an image filter."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import destinations, options
from netspec.cli.output import keep_inputs
from netspec.report.document import Document


@click.command()
@destinations.file(
    "-o", "--output", suffixes=(".png", ".npy"), required=True, help="The picture, .png, or the numbers, .npy."
)
@click.option("--beside", is_flag=True, help="Draw the image and the output beside each other.")
@click.option(
    "--levels",
    type=click.Choice(["auto", "clip", "signed", "fit"]),
    default="auto",
    show_default=True,
    help="Numbers as pixels: clip shows those from 0 to 1, signed has 0 in the middle, fit spreads all; auto looks at "
    "the signs.",
)
@options.weights(f"Trained weights: {options.WEIGHTS}.")
@options.seed(default=0, show_default=True, help="Seed of random weights.")
@options.told
@options.spec()
@click.argument("image", type=click.Path(path_type=Path))
def apply(
    spec: options.Given, image: Path, output: Path, beside: bool, levels: str, weights: str | None, seed: int
) -> Document:
    """Lay the network of SPEC on an IMAGE, at the image's own size.

    The network gives an image, as filters and autoencoders do. It takes pixels from 0 to 1, in gray where it has one
    channel; with the weights of a RUN, scaled as there.
    """
    suffix = output.suffix.lower()
    if suffix == ".npy" and (beside or levels != "auto"):
        raise click.UsageError("--beside and --levels are for pictures; .npy has the numbers as they are.")
    loaded = spec.load()
    keep_inputs(output, str(image), spec.source, weights, *(each.name for each in loaded.document.places.sources))
    from netspec.recipe.libraries import LIBRARIES, require

    require(*LIBRARIES)
    from netspec.files.writing import write_atomic
    from netspec.look.filtered_picture import png
    from netspec.look.filtering import apply as run
    from netspec.look.levels import levels_of
    from netspec.look.report import filtered

    made = run(loaded, image, weights=weights, seed=seed)
    shown = levels_of(made.after, levels)
    write_atomic(output, made.npy() if suffix == ".npy" else png(made, shown, beside=beside))
    return filtered(made, shown, image, output)

"""`netspec data`: A recipe's data: sizes, classes, pixels, contact sheet."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import destinations, options, output
from netspec.report.document import Document


@click.command()
@options.data_folder
@destinations.file(
    "--sheet",
    suffixes=(".png",),
    metavar="FILE.png",
    help="Write a contact sheet: training images as they are, and as augmentation shows them to the network.",
)
@options.told
@options.spec("recipe", "inputs")
def data(spec: options.Given, folder: str | None, sheet: Path | None) -> Document:
    """Show the data of SPEC's recipe: how many examples of which classes, their sizes, and their mean pixels.

    All images that are held in memory are read, and broken ones named; of larger sets some are looked at.
    """
    from netspec.recipe.libraries import require

    loaded = spec.load_sized()
    require("torch", "torchvision")
    from netspec.driver.recipes import places_of, recipe_of
    from netspec.recipe.placing import placed

    found = recipe_of(loaded, folder=folder)
    if sheet is not None and found.data.fits_inputs:
        raise click.UsageError(f"--sheet goes with images, and {found.data.key} has none.")
    output.keep_inputs(sheet, spec.source, spec.recipe, *(each.name for each in loaded.document.places.sources))
    found.data.look()  # before torch is imported, which takes seconds
    from netspec.training.showing.contact_sheet import write_sheet
    from netspec.training.showing.overview import overview

    places = places_of(loaded, folder=folder)
    with placed(found, places):
        seen = overview(found.data, found.augment)
        if sheet is not None:
            write_sheet(seen.samples, found, sheet, places)
    return seen.document(sheet)

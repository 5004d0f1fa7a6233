"""`netspec look`: What a network sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import destinations, options
from netspec.cli.output import keep_inputs, load_report_shown
from netspec.report.document import Document

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device


def _methods(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> list[str]:
    """Names of methods, several of them between commas or in several options."""
    from netspec.look.methods import methods

    names = [name.strip() for each in given for name in each.split(",") if name.strip()]
    if given and not names:
        raise click.BadParameter("it names no method.", ctx, param)
    for name in names:
        options.check_known("method", name, [*methods(), "all"])
    return list(dict.fromkeys(names))


@click.command()
@destinations.place(
    "-o",
    "--output",
    suffixes=(".png", ".html", ".htm"),
    help="A folder for pictures, one .png, or a page, .html.",
)
@click.option(
    "--show",
    metavar="METHOD,...",
    multiple=True,
    callback=_methods,
    help="Methods: kernels, maps, ..., or all (repeatable); otherwise those that fit and take no time.",
)
@click.option("--layer", "layers", metavar="PATH", multiple=True, help="Layer to look at (repeatable).")
@click.option("--unit", type=click.IntRange(min=0), metavar="N", help="Map of the layer, or output of a linear one.")
@click.option("--class", "target", metavar="NAME|N", help="Class to look for; otherwise the likeliest.")
@options.weights(f"Trained weights: {options.WEIGHTS}.")
@options.data_folder
@options.seed(default=0, show_default=True, help="Seed of random weights, and of what methods draw.")
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda", "auto"]),
    default="cpu",
    show_default=True,
    help="Device that computes.",
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", help="Colours; a page has both.")
@options.told
@options.spec_or_run("inputs")
@click.argument("images", metavar="[IMAGE]...", nargs=-1, type=click.Path(path_type=Path))
def look(
    spec: options.Given,
    images: tuple[Path, ...],
    output: Path,
    show: list[str],
    layers: tuple[str, ...],
    unit: int | None,
    target: str | None,
    weights: str | None,
    folder: str | None,
    seed: int,
    device: Device,
    theme: str,
) -> Document:
    """Draw what the network of a SPEC or a RUN sees: its kernels, its maps of each IMAGE, and more.

    An IMAGE is a file or a folder of images; it is brought to the network's input as its own images were. Without
    --weights, those of a SPEC are random.
    """
    from netspec.frontend.pause import importing
    from netspec.recipe.libraries import LIBRARIES, require

    loaded = spec.run_or_sized()
    read = [] if isinstance(loaded, str) else [each.name for each in loaded.document.places.sources]
    keep_inputs(output, spec.source, weights, *images, *read)
    require(*LIBRARIES)
    with importing("torch"):
        from netspec.look.looking import look_at
        from netspec.look.report import looked

    asked = {"show": show, "layers": layers, "unit": unit, "target": target, "seed": seed, "device": device}
    with load_report_shown():
        made = look_at(loaded, images, weights=weights, data=folder, max_entries=spec.max_entries, **asked)  # type: ignore[arg-type]
    return looked(made, made.save(output, theme=theme))

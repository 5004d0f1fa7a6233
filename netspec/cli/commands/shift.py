"""`netspec shift`: What changes when the image moves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import destinations, options
from netspec.cli.output import keep_inputs, load_report_shown
from netspec.report.document import Document
from netspec.zoo_specs import spec_or_run

if TYPE_CHECKING:
    from netspec.driver.spec import Spec


def _beside(spec: options.Given, against: str) -> Spec | str:
    """The other network, whose input is as large; of a run, as it was trained."""
    from netspec.files.run_folder import is_run

    inputs = () if is_run(Path(against)) else spec.inputs
    return options.Given(against, max_entries=spec.max_entries, inputs=inputs).run_or_sized()


@click.command()
@destinations.file(
    "-o",
    "--output",
    suffixes=(".png", ".html", ".htm"),
    metavar="OUT",
    help="The curve, .png, or a page with all pictures, .html.",
)
@click.option(
    "--by",
    "way",
    type=click.Choice(["right", "down", "turn", "scale"]),
    default="right",
    show_default=True,
    help="Move it by pixels, turn it by degrees, or enlarge its width by pixels.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 256),
    metavar="N",
    default=8,
    show_default=True,
    help="Number of steps, of a pixel or a degree each.",
)
@click.option("--layer", "layers", metavar="PATH", multiple=True, help="Layer whose maps are compared (repeatable).")
@click.option("--class", "target", metavar="NAME|N", help="Class whose probability is told; otherwise the likeliest.")
@click.option(
    "--against",
    metavar="SPEC|RUN",
    type=spec_or_run,
    help="Another network to show beside: one with blurred pools, say.",
)
@options.weights(f"Trained weights of SPEC: {options.WEIGHTS}.")
@options.seed(default=0, show_default=True, help="Seed of random weights.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", help="Colours; a page has both.")
@options.told
@options.spec_or_run("inputs")
@click.argument("image", type=click.Path(path_type=Path))
def shift(
    spec: options.Given,
    image: Path,
    output: Path | None,
    layers: tuple[str, ...],
    target: str | None,
    against: str | None,
    weights: str | None,
    theme: str,
    **rest: Any,
) -> Document:
    """Move an IMAGE pixel by pixel, and tell what changes in the network of a SPEC or a RUN.

    Maps of convolutions move with the image, a strided layer's between its multiples but roughly; the probability of
    a class ought to stay as it is.
    """
    from netspec.recipe.libraries import LIBRARIES, require

    loaded = spec.run_or_sized()
    beside = None if against is None else _beside(spec, against)
    read = [] if isinstance(loaded, str) else [each.name for each in loaded.document.places.sources]
    keep_inputs(output, spec.source, weights, against, image, *read)
    require(*LIBRARIES)
    from netspec.files.writing import write_atomic
    from netspec.look.drawing import draw
    from netspec.look.shift_figures import figures, page, report
    from netspec.look.shifting import shift as moved

    asked: dict[str, Any] = {**rest, "target": target, "max_entries": spec.max_entries}
    with load_report_shown():
        made = [moved(loaded, image, weights=weights, layers=layers, **asked)]
        if beside is not None:
            made.append(moved(beside, image, **asked))
    if output is not None:
        curve, *_ = figures(made)
        write_atomic(output, draw(curve, theme) if output.suffix.lower() == ".png" else page(made))
    return report(made, [output] if output else [])

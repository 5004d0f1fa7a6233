"""`netspec explore`: The network as a page to click through."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import destinations, options
from netspec.cli.output import keep_inputs, load_report_shown
from netspec.frontend.pause import collection_paused

if TYPE_CHECKING:
    from netspec.diagnostics import NetspecError
    from netspec.driver.spec import Spec
    from netspec.explorer.page import Explored, Shot


def _suffixes() -> tuple[str, ...]:
    from netspec.explorer.page import SUFFIXES

    return SUFFIXES


@click.command()
@destinations.file(
    "-o", "--output", suffixes=_suffixes, printed=True, help="Write to FILE, .html, instead of standard output."
)
@click.option("--serve", is_flag=True, help="Serve the page to this machine; it follows the file until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="N", default=0, help="The port of --serve; 0 is a free one."
)
@options.path("--image", metavar="IMAGE", help="Show the maps of an image and the kernels at each layer; needs torch.")
@options.weights(f"Trained weights for --image: {options.WEIGHTS}.")
@options.spec("inputs", "inference")
def explore(
    spec: options.Given, output: Path | None, serve: bool, port: int, image: Path | None, weights: str | None
) -> None:
    """Write SPEC as one HTML page: picture, table, and the arithmetic, the spec and the source of each layer.

    The page holds all of it, asks for no other file, and computes nothing.
    """
    if weights is not None and image is None:
        raise click.UsageError("--weights goes with --image.")
    if serve:
        if output is not None:
            raise click.UsageError("--serve writes no file: leave out -o.")
        _serve(spec, port, image, weights)
        return
    if image is not None:
        spec, weights = _of_run(spec, weights)
    from netspec import api
    from netspec.files.writing import write_atomic

    printed = output is None or str(output) == destinations.PRINTED
    with collection_paused():
        loaded = spec.load_sized() if image is not None else spec.load()
        sources = (source.name for source in loaded.document.places.sources)
        keep_inputs(output, spec.source, weights, image, *sources)
        shots = None if image is None else _shots(loaded, image, weights)
        made = api.explore(loaded, inputs=spec.input_shapes(loaded), pictures=shots)
    if output is None or printed:
        click.echo(made, file=sys.stdout, nl=False)
    else:
        write_atomic(output, made)


def _of_run(spec: options.Given, weights: str | None) -> tuple[options.Given, str | None]:
    """A spec with its weights; of a run's folder, its spec and, without others, its weights."""
    from netspec.files.run_folder import is_run
    from netspec.training.keeping.runs import run_files
    from netspec.zoo_specs import spec_or_run

    source = spec_or_run(spec.source)
    if not is_run(Path(source)):
        return spec, weights
    return replace(spec, source=run_files(source, weights)[0]), weights or source


def _shots(spec: Spec, image: Path, weights: str | None) -> Mapping[str, Sequence[Shot]]:
    """The pictures of the layers."""
    from netspec.recipe.libraries import LIBRARIES, require

    require(*LIBRARIES)
    from netspec.look.in_explorer import pictured

    with load_report_shown():
        found = pictured(spec, image, weights)
    if found.left_out:
        click.echo(f"note: the page has no room for the pictures of {found.left_out} layers", err=True)
    return found.shots


def _serve(spec: options.Given, port: int, image: Path | None, weights: str | None) -> None:
    """Serve the page of a file until the reader has enough of it."""
    if image is not None:
        spec, weights = _of_run(spec, weights)
    from netspec.diagnostics.render import render
    from netspec.diagnostics.styled import plain
    from netspec.driver.exploring import explored
    from netspec.explorer.serving import Followed, Server
    from netspec.zoo_specs import locate

    def make() -> Explored:
        loaded = spec.load_sized() if image is not None else spec.load()
        shots = None if image is None else _shots(loaded, image, weights)
        return explored(loaded, spec.input_shapes(loaded), shots)

    def told(error: NetspecError) -> str:
        found = [each for each in spec.check() if each.severity == "error"]
        return plain(render(found or error.diagnostics))

    if spec.source == "-":
        raise click.UsageError("--serve follows a file: a pipe has none.")
    followed = Followed(Path(locate(spec.source)), make, told, image)
    try:
        server = Server(followed, port)
    except OSError as error:
        raise click.UsageError(f"Port {port} cannot be served: {error.strerror}. --port 0 takes a free one.") from None
    click.echo(f"{server.address} shows {spec.source}; Ctrl-C ends it.")
    with server:
        server.serve_forever(poll_interval=0.1)

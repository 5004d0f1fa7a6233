"""`netspec diff`: Changes of a network, and the weights that carry over."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from netspec.cli import options
from netspec.cli import picture_options as pictures
from netspec.cli.output import keep_inputs
from netspec.diagnostics import NetspecError
from netspec.frontend.pause import collection_paused
from netspec.report.document import Document


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--all", "every", is_flag=True, help="Tell each change by itself, however many there are.")
@click.option("--tensors", is_flag=True, help="List every tensor, and whether A's loads into B.")
@click.option("--exit-code", "strict", is_flag=True, help="End with 1 where the networks differ.")
@pictures.file("--draw", help="Draw B, with the changes marked, by the suffix of FILE: .svg, .png, .pdf, .tex, ....")
@pictures.theme
@pictures.width
@options.told
@options.settings("B")
@options.entries
@options.plugins
@collection_paused()
def diff(
    before: str,
    after: str,
    settings: tuple[str, ...],
    max_entries: int | None,
    strict: bool,
    draw: Path | None,
    theme: Literal["light", "dark", "print"],
    width: str | None,
    **shown: bool,
) -> Document:
    """Show the changes from spec A to spec B, and the weights of A that load into B.

    With --set, `netspec diff A A --set width=128` shows the changes by a setting. --draw draws them,
    too: + added, − removed, ± changed; --theme and --width are the picture's.
    """
    from netspec import api

    keep_inputs(draw, before, after)
    specs, diagnostics = [], []
    for given in (options.Given(before, (), max_entries), options.Given(after, settings, max_entries)):
        try:
            specs.append(given.load())
            api.elaborate(specs[-1])
        except NetspecError as error:
            diagnostics += error.diagnostics
    keep_inputs(draw, *(each.name for spec in specs for each in spec.document.places.sources))
    if diagnostics:
        raise NetspecError(diagnostics)
    from netspec.files.writing import write_atomic
    from netspec.report.difference import difference

    found = api.diff(*specs)
    if draw is not None:
        made = api.draw_difference(found, form=pictures.form_of(draw), theme=theme, width=width)
        write_atomic(draw, made)
    return difference(found, strict=strict, **shown)

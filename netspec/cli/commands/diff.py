"""`netspec diff`: What changed, and which weights carry over."""

from __future__ import annotations

import click

from netspec.cli import options, output
from netspec.diagnostics import NetspecError
from netspec.frontend.pause import collection_paused


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--all", "every", is_flag=True, help="Tell each change by itself, however many there are.")
@click.option("--tensors", is_flag=True, help="List every tensor, and whether A's loads into B.")
@click.option("--exit-code", "tell", is_flag=True, help="End with 1 where the networks differ.")
@click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Set a param or a dotted key of B (repeatable)."
)
@options.output_format
@options.plugins
@collection_paused()
def diff(before: str, after: str, every: bool, tensors: bool, tell: bool, settings: tuple[str, ...], form: str) -> int:
    """Tell what changes from spec A to spec B, and which weights of A load into B.

    With --set, `netspec diff A A --set width=128` tells what a setting changes.
    """
    from netspec import api

    specs, diagnostics = [], []
    for name, own in ((before, ()), (after, settings)):
        try:
            specs.append(options.load(name, own))
            api.elaborate(specs[-1])
        except NetspecError as error:
            diagnostics += error.diagnostics
    if diagnostics:
        raise NetspecError(diagnostics)
    from netspec.report.difference import difference

    found = api.diff(*specs)
    output.write(difference(found, tensors=tensors, every=every), form)
    return int(tell and not found.is_same)

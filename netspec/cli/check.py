"""`netspec check`."""

from __future__ import annotations

import click

from netspec.cli import options
from netspec.diagnostics import Diagnostic, NetspecError


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@options.output_format
@options.settings
@options.plugins
def check(specs: tuple[str, ...], form: str, settings: tuple[str, ...]) -> int:
    """Report every error of every SPEC, and every limit of its budget that it breaks."""
    from netspec import api
    from netspec.analysis.budget import over_budget

    found: list[Diagnostic] = []
    for spec in specs:
        try:
            loaded = options.load(spec, settings)
            found += over_budget(api.analyze(loaded), loaded.document.budget, loaded.document.places.span)
        except NetspecError as error:
            found += error.diagnostics
    if form == "json":
        import json

        click.echo(json.dumps([diagnostic.as_dict() for diagnostic in found], indent=2))
    elif found:
        import sys

        from netspec.cli.output import show_diagnostics

        show_diagnostics(found, sys.stdout)
    else:
        click.echo(f"{len(specs)} {'spec' if len(specs) == 1 else 'specs'} checked, no errors")
    return int(any(diagnostic.severity == "error" for diagnostic in found))

"""`netspec check`."""

from __future__ import annotations

import click

from netspec.cli import options
from netspec.diagnostics import Diagnostic, NetspecError


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@options.settings
@options.plugins
def check(specs: tuple[str, ...], form: str, settings: tuple[str, ...]) -> int:
    """Report every error of every SPEC."""
    from netspec import api

    found: list[Diagnostic] = []
    for spec in specs:
        try:
            api.analyze(options.load(spec, settings))
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

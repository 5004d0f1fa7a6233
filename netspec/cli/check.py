"""`netspec check`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options
from netspec.diagnostics import Diagnostic, NetspecError, did_you_mean

if TYPE_CHECKING:
    from netspec.analysis.footprint import OptimizerState
    from netspec.api import Spec


class LintName(click.ParamType[Any]):
    """The name or the code of a lint."""

    name = "lint"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name or code as it is; a misspelt one is met with the nearest."""
        from netspec.lints import lints

        known = [*lints(), *(lint.code.number for lint in lints().values())]
        if value not in known:
            near = did_you_mean(value, known)
            self.fail(f"there is no lint {value!r}; {near or 'docs/lints.md lists them'}", param, ctx)
        return str(value)


@click.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@click.option(
    "--ignore",
    "ignored",
    metavar="NAME",
    multiple=True,
    type=LintName(),
    help="Leave a lint out, by its name or code: bias-before-norm, NS2001 (repeatable).",
)
@options.output_format
@options.settings
@options.plugins
def check(specs: tuple[str, ...], strict: bool, ignored: tuple[str, ...], form: str, settings: tuple[str, ...]) -> int:
    """Report what is wrong with every SPEC, the limits of its budget that it breaks, and what is seldom meant.

    Errors end in exit code 1; warnings do not, unless --strict makes them errors.
    """
    from netspec import api
    from netspec.frontend.pause import collection_paused

    found: list[Diagnostic] = []
    for spec in specs:
        try:
            with collection_paused():
                loaded = options.load(spec, settings)
                found += api.review(loaded, ignored, _optimizer(loaded))
        except NetspecError as error:
            found += error.diagnostics
    if strict:
        found = [replace(diagnostic, severity="error") for diagnostic in found]
    errors = any(diagnostic.severity == "error" for diagnostic in found)
    if form == "json":
        import json

        click.echo(json.dumps([diagnostic.as_dict() for diagnostic in found], indent=2))
        return int(errors)
    if found:
        import sys

        from netspec.cli.output import show_diagnostics

        show_diagnostics(found, sys.stdout)
    if not errors:
        click.echo(f"{len(specs)} {'spec' if len(specs) == 1 else 'specs'} checked, no errors")
    return int(errors)


def _optimizer(spec: Spec) -> OptimizerState | None:
    """What the optimizer of the spec's recipe remembers, where a budget asks for memory."""
    if "memory" not in spec.document.budget:
        return None
    from netspec.train.memory import recipe_state

    return recipe_state(spec)

"""What `netspec explain NS0302` prints: the page of an error code."""

from __future__ import annotations

import json

import click

from netspec.cli import options


def explain_code(code: str, form: str) -> None:
    """Print the page of an error code.

    Raises:
        NetspecError: There is no such code.
    """
    from netspec.report import errors

    if form == "json":
        click.echo(json.dumps({"code": code.upper(), "page": errors.page(code)}, indent=2))
    else:
        click.echo(errors.page(code) if form == "markdown" else errors.page_text(code), nl=False)


@click.command("explain")
@click.argument("code", metavar="CODE")
@options.page_format
def explain(code: str, form: str) -> None:
    """Tell what an error's CODE means, with examples, and how to mend it."""
    explain_code(code, form)

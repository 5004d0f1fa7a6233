"""`netspec list`: The architectures of the zoo."""

from __future__ import annotations

import click

from netspec.cli import options, output


@click.command("list")
@options.output_format
def list_(form: str) -> None:
    """List the architectures of the zoo; pages and data have also what they cost."""
    from netspec import api
    from netspec.report.zoo import zoo

    output.write(zoo(api.zoo()), form)

"""`netspec list`: The architectures of the zoo."""

from __future__ import annotations

import click

from netspec.cli import options
from netspec.report.document import Document


@click.command("list")
@options.told
def list_() -> Document:
    """List the architectures of the zoo; Markdown, HTML, LaTeX, CSV and JSON also have what they cost."""
    from netspec import api
    from netspec.report.zoo import zoo

    return zoo(api.zoo())

"""`netspec build`."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import options


@click.command()
@click.argument("spec")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE instead of standard output."
)
@options.settings
@options.plugins
def build(spec: str, output: Path | None, settings: tuple[str, ...]) -> None:
    """Print SPEC as standalone PyTorch source, which needs torch alone."""
    from netspec import api
    from netspec.files import write_atomic

    source = api.generate(options.load(spec, settings))
    if output is None or str(output) == "-":
        click.echo(source, nl=False)
    else:
        write_atomic(output, source)

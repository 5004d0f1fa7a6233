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
@click.option(
    "--check",
    "built",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write nothing: say as a diff, and by exit code 1, where FILE is not what SPEC generates today.",
)
@options.settings
@options.plugins
def build(spec: str, output: Path | None, built: Path | None, settings: tuple[str, ...]) -> int:
    """Print SPEC as standalone PyTorch source, which needs torch alone."""
    from netspec import api
    from netspec.files import write_atomic

    loaded = options.load(spec, settings)
    if built is not None:
        if output is not None:
            raise click.UsageError("--check writes nothing: leave --output out")
        difference = api.out_of_step(loaded, built)
        click.echo(difference or f"{built} is in step with {spec}\n", nl=False)
        return int(bool(difference))
    source = api.generate(loaded)
    if output is None or str(output) == "-":
        click.echo(source, nl=False)
    else:
        write_atomic(output, source)
    return 0

"""`netspec build`: Standalone PyTorch source."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import destinations, options
from netspec.cli.output import keep_inputs


@click.command()
@destinations.file("-o", "--output", printed=True, help="Write to FILE instead of standard output.")
@click.option("--with-train", is_flag=True, help="Also train_FILE: a training script of the spec's recipe.")
@click.option("--with-test", is_flag=True, help="Also test_FILE: shapes, counts and a step of training, for pytest.")
@options.path("--package", metavar="DIR", help="Write an installable package, with its tests, instead of a file.")
@options.path(
    "--check",
    "built",
    metavar="FILE|DIR",
    help="Write nothing: say as a diff, and by exit code 1, where what was built is not what SPEC generates today.",
)
@options.spec("recipe")
def build(
    spec: options.Given,
    output: Path | None,
    with_train: bool,
    with_test: bool,
    package: Path | None,
    built: Path | None,
) -> int:
    """Print SPEC as standalone PyTorch source, which needs torch alone.

    What netspec writes is read, edited and shipped without netspec.
    """
    if sum(place is not None for place in (output, package, built)) > 1:
        raise click.UsageError("--output, --package and --check exclude each other.")
    printed = package is None and built is None and (output is None or str(output) == "-")
    if printed and (with_train or with_test):
        raise click.UsageError(
            "--with-train and --with-test need --output FILE.py, which they import, or --package DIR."
        )
    if spec.recipe and not with_train:
        raise click.UsageError("--recipe is for the training script: give --with-train too.")
    loaded = spec.load()
    keep_inputs(output, spec.source, spec.recipe, *(source.name for source in loaded.document.places.sources))
    if printed:
        from netspec import api

        click.echo(api.generate(loaded), nl=False)
        return 0
    from netspec import companions

    if built is not None:
        found = companions.differences(loaded, built, train=with_train, test=with_test)
        click.echo("".join(found.values()) or f"{_names(built, list(found))} in step with {spec.source}\n", nl=False)
        return int(any(found.values()))
    if package is not None:
        companions.write_package(loaded, package, train=with_train)
    elif output is not None:
        companions.write_files(loaded, output, train=with_train, test=with_test)
    return 0


def _names(built: Path, files: list[Path]) -> str:
    """The compared files, as the subject of a sentence: ``lenet.py and train_lenet.py are``."""
    if len(files) == 1 or built.is_dir():
        return f"{built} is"
    *first, last = map(str, files)
    return f"{', '.join(first)} and {last} are"

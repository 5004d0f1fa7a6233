"""`netspec train`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import options, output

if TYPE_CHECKING:
    from netspec.train.device import Device

_INTERRUPTED = 130
"""Exit code of a process that Ctrl-C ended, by the shells' custom."""


@click.command()
@click.argument("spec")
@options.data_folder
@options.device
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the recipe's.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Instead of the recipe's.")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), help="Instead of the recipe's.")
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the run, new or empty; else runs/NAME-N."
)
@click.option("--weights", metavar="SOURCE", help=f"Start from trained weights: {options.WEIGHTS}.")
@click.option("--partial", is_flag=True, help="Start from what fits of the weights; the rest is listed.")
@options.output_format
@options.settings
@options.plugins
def train(
    spec: str,
    folder: str | None,
    device: Device,
    epochs: int | None,
    batch_size: int | None,
    seed: int | None,
    out: Path | None,
    weights: str | None,
    partial: bool,
    form: str,
    settings: tuple[str, ...],
) -> int:
    """Train the network of SPEC by its recipe, the section `train`.

    Leaves last.safetensors, best.safetensors, metrics.json and the resolved spec.yaml in the run's folder. Ctrl-C
    finishes the step, saves and ends with exit code 130.
    """
    from netspec.train.require import LIBRARIES, require

    if partial and weights is None:
        raise click.UsageError("--partial goes with --weights.")
    loaded = options.load(spec, settings)
    require(*LIBRARIES)
    from rich.console import Console

    from netspec.train.progress import display_on
    from netspec.train.spec import Start, train_spec

    with output.load_report_shown():
        report = train_spec(
            loaded,
            device=device,
            out=out,
            display=display_on(Console(stderr=form == "json")),
            start=Start(weights, partial, output.show_load_report) if weights is not None else None,
            folder=folder,
            epochs=epochs,
            batch_size=batch_size,
            seed=seed,
        )
    if form == "json":
        click.echo(json.dumps({"run": str(report.folder), **report.metrics}, indent=2))
    else:
        click.echo(report.text())
    return _INTERRUPTED if report.state == "interrupted" else 0

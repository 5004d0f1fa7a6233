"""`netspec train` and `netspec eval`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import options, output

if TYPE_CHECKING:
    from netspec.train.device import Device

_INTERRUPTED = 130
"""Exit code of a process that Ctrl-C ended, by the shells' custom."""

_data = click.option(
    "--data",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, resolve_path=True),
    help="Folder of the data; otherwise $NETSPEC_DATA, then ~/.cache/netspec.",
)
_device = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    help="Where to compute; auto is CUDA where there is one.",
)


@click.command()
@click.argument("spec")
@_data
@_device
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


@click.command("eval")
@click.argument("source", metavar="SPEC|RUN")
@click.option("--weights", metavar="SOURCE", help=f"Weights to judge: {options.WEIGHTS}; of a RUN, its last.")
@_data
@_device
@options.output_format
@options.settings
@options.plugins
def eval_(
    source: str,
    weights: str | None,
    folder: str | None,
    device: Device,
    form: str,
    settings: tuple[str, ...],
) -> None:
    """Judge trained weights by the test images of the recipe's data: of a SPEC with --weights, or of a RUN's folder."""
    from netspec.train.files import run_files
    from netspec.train.require import LIBRARIES, require

    spec, weights = run_files(source, weights)
    if weights is None:
        raise click.UsageError(f"{source} is no folder of a run; of a SPEC, say which weights with --weights SOURCE.")
    loaded = options.load(spec, settings)
    require(*LIBRARIES)
    from netspec.train.spec import evaluate_spec

    with output.load_report_shown():
        found = evaluate_spec(loaded, weights, device=device, folder=folder)
    click.echo(json.dumps(found, indent=2) if form == "json" else _sentence(found))


def _sentence(found: dict[str, Any]) -> str:
    return (
        f"test accuracy {found['test_accuracy']:.2%} of {found['test_images']:,} images, "
        f"test loss {found['test_loss']:.4f}"
    )

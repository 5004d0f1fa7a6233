"""`netspec train`: Train a network by its recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import options, output

if TYPE_CHECKING:
    from netspec.train.parallel.world import Sharing
    from netspec.train.steps.device import Device

_BY_SIGNAL = 128
"""The difference between a signal's number and the exit code of a process that it ended, by the shells' custom."""


@click.command()
@click.argument("spec", required=False)
@options.data_folder
@options.device
@options.recipe
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the recipe's length.")
@click.option("--steps", type=click.IntRange(min=1), help="Of the optimizer, instead of the recipe's length.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Instead of the recipe's.")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), help="Instead of the recipe's.")
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder of the run, new or empty; else runs/NAME-N."
)
@click.option("--weights", metavar="SOURCE", help=f"Start from trained weights: {options.WEIGHTS}.")
@click.option("--partial", is_flag=True, help="Start from what fits of the weights; the rest is listed.")
@click.option(
    "--resume",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="Go on with an interrupted run, given its folder; the SPEC may be left out.",
)
@click.option("--devices", type=click.IntRange(min=1), help="Processes on this machine, one device each.")
@click.option("--nodes", type=click.IntRange(min=1), help="Machines; run the command on each of them.")
@click.option(
    "--strategy",
    type=click.Choice(["ddp", "fsdp"]),
    default="ddp",
    help="With several processes: a copy of the network in each, or a piece.",
)
@click.option("--profile", is_flag=True, help="Leave a profile of some steps and a table of where the time went.")
@options.output_format
@options.settings
@click.pass_obj
def train(
    arguments: list[str],
    spec: str | None,
    folder: str | None,
    device: Device,
    recipe: Path | None,
    epochs: int | None,
    steps: int | None,
    batch_size: int | None,
    seed: int | None,
    out: Path | None,
    weights: str | None,
    partial: bool,
    resume: Path | None,
    devices: int | None,
    nodes: int | None,
    strategy: Sharing,
    profile: bool,
    form: str,
    settings: tuple[str, ...],
) -> int:
    """Train the network of SPEC by its recipe, the section `train`.

    Leaves weights, metrics, a checkpoint and the resolved spec.yaml in the run's folder. Ctrl-C and SIGTERM finish the
    step, save and end with exit code 130 or 143; --resume goes on from there, as if nothing had happened.
    """
    from netspec.driver.recipes import recipe_of
    from netspec.recipe.libraries import LIBRARIES, require
    from netspec.train.parallel.launch import launch
    from netspec.train.parallel.world import find_world, is_first, started

    if partial and weights is None:
        raise click.UsageError("--partial goes with --weights.")
    if spec is None and resume is None:
        raise click.UsageError("Missing argument 'SPEC'.")
    if spec is None and (settings or recipe):
        raise click.UsageError("--set and --recipe go with a SPEC.")
    changed = {"--epochs": epochs, "--steps": steps, "--batch-size": batch_size, "--seed": seed}
    if resume and (
        wrong := [name for name, value in {**changed, "--out": out, "--weights": weights}.items() if value is not None]
    ):
        raise click.UsageError(f"{wrong[0]} does not go with --resume: a run goes on as it began.")
    world = find_world(devices, nodes, strategy)
    if spec == "-" and world.size > 1:
        raise click.UsageError("several processes cannot all read a SPEC from standard input.")
    loaded = options.load(spec, settings, recipe) if spec is not None else None
    require(*LIBRARIES)
    if world.size > 1 and not started():
        if loaded is not None:
            recipe_of(loaded)  # reports its errors once, not in every process
        return launch(arguments, world)
    from rich.console import Console

    from netspec.train.showing.progress import display_on
    from netspec.train.spec import Start, resume_spec, train_spec

    display = display_on(Console(stderr=form != "text"))
    with output.load_report_shown():
        if resume is not None:
            report = resume_spec(
                resume,
                loaded,
                device=device,
                display=display,
                folder=folder,
                world=world,
                profile=profile,
                max_entries=options.max_entries(),
            )
        else:
            assert loaded is not None
            report = train_spec(
                loaded,
                device=device,
                out=out,
                display=display,
                world=world,
                profile=profile,
                start=Start(weights, partial, output.show_load_report) if weights is not None else None,
                folder=folder,
                epochs=epochs,
                steps=steps,
                batch_size=batch_size,
                seed=seed,
            )
    if is_first():  # which reports for all
        output.write(report.document(), form)
    return 0 if report.signal is None else _BY_SIGNAL + report.signal

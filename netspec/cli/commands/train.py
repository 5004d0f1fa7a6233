"""`netspec train`: Train a network by its recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli import destinations, options, output, types

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device
    from netspec.driver.spec import Spec
    from netspec.training.parallel.world import Sharing


@click.command()
@options.data_folder
@options.device
@options.number("--epochs", help="Whole length in epochs, instead of the recipe's.")
@options.number("--steps", help="Whole length in steps of the optimizer, instead of the recipe's.")
@options.number("--batch-size", help="Size of the batch, instead of the recipe's.")
@options.seed(help="Seed, instead of the recipe's.")
@options.path("--out", metavar="DIR", help="Folder of the run, new or empty; else runs/NAME-N.")
@options.weights(f"Start from trained weights: {options.WEIGHTS}.")
@click.option("--partial", is_flag=True, help="Start from what fits of the weights; the rest is listed.")
@click.option("--resume", metavar="RUN", type=types.run, help="Go on with an interrupted run; SPEC may be left out.")
@options.number("--devices", help="Number of processes on this machine, one device each.")
@options.number("--nodes", help="Number of machines; run the command on each of them.")
@click.option(
    "--strategy",
    type=click.Choice(["ddp", "fsdp"]),
    default="ddp",
    help="With several processes: a copy of the network in each, or a piece.",
)
@destinations.file(
    "--find-rate",
    suffixes=(".png",),
    metavar="FILE.png",
    help="Keep no run: let the rate rise, draw the loss, suggest one.",
)
@click.option("--log", multiple=True, metavar="NAME", help="Log to NAME too: wandb, mlflow (repeatable).")
@click.option("--profile", is_flag=True, help="Leave a profile of some steps, and a table of the time of each part.")
@options.output_format
@options.spec("recipe", "inputs", metavar="[SPEC]", required=False)
@click.pass_obj
def train(
    arguments: list[str],
    /,
    spec: options.Given,
    folder: str | None,
    device: Device,
    out: Path | None,
    weights: str | None,
    partial: bool,
    resume: Path | None,
    devices: int | None,
    nodes: int | None,
    strategy: Sharing,
    find_rate: Path | None,
    profile: bool,
    form: str,
    **changed: Any,
) -> int:
    """Train the network of SPEC by its recipe, the section `train`.

    Leaves weights, metrics, a checkpoint and the resolved spec.yaml in the run's folder. Ctrl-C and SIGTERM finish the
    step, save and end with exit code 130 or 143; --resume goes on from there, as if nothing had happened. With --epochs
    or --steps, --resume goes on with a finished run, as a longer run of its own. With --find-rate nothing is trained
    for good.
    """
    from netspec.recipe.libraries import LIBRARIES, require
    from netspec.training.beforehand import check_beforehand
    from netspec.training.parallel.world import find_world, is_first, started

    if partial and weights is None:
        raise click.UsageError("--partial goes with --weights.")
    if not spec.source and resume is None:
        raise click.UsageError("Missing argument 'SPEC'.")
    if not spec.source and (spec.settings or spec.recipe or spec.inputs):
        raise click.UsageError("--set, --recipe and --input go with a SPEC.")
    length = {name: changed[name] for name in ("epochs", "steps") if changed[name] is not None}
    changed["log"] = list(changed["log"]) or None
    options = {**changed, "out": out, "weights": weights}
    fit = (*length, "out") if length else ()
    given = [name for name, value in options.items() if value is not None and name not in fit]
    if resume and given:
        option = given[0].replace("_", "-")
        raise click.UsageError(f"--{option} does not go with --resume: a run goes on as it began.")
    world = find_world(devices, nodes, strategy)
    if find_rate is not None:
        kept = {name: changed.pop(name) for name in ("epochs", "log")}
        _check_alone(resume=resume, out=out, **kept, profile=profile, devices=world.size > 1)
    if spec.source == "-" and world.size > 1:
        raise click.UsageError("several processes cannot all read a SPEC from standard input.")
    loaded = spec.load_sized() if spec.source else None
    require(*LIBRARIES)
    if find_rate is not None:
        assert loaded is not None
        _find_rate(loaded, find_rate, spec, form, device, weights, partial, folder=folder, **changed)
        return 0
    if loaded is not None and resume is None and not started():  # at once, and not by every process
        check_beforehand(loaded, device, out, anew=weights is None, folder=folder, **changed)
    if world.size > 1 and not started():
        from netspec.training.parallel.launch import launch

        return launch(arguments, world)
    from rich.console import Console

    from netspec.training.exit_codes import exit_code
    from netspec.training.resuming import prolong_spec, resume_spec
    from netspec.training.showing.progress import display_on
    from netspec.training.spec import Start, train_spec

    display = display_on(Console(stderr=form != "text"))
    shared: Any = {"device": device, "display": display, "folder": folder, "world": world, "profile": profile}
    with output.load_report_shown():
        if resume is not None and length:
            report = prolong_spec(resume, loaded, out=out, max_entries=spec.max_entries, **length, **shared)
        elif resume is not None:
            report = resume_spec(resume, loaded, max_entries=spec.max_entries, **shared)
        else:
            assert loaded is not None
            start = Start(weights, partial, output.show_load_report) if weights is not None else None
            report = train_spec(loaded, out=out, start=start, **shared, **changed)
    if is_first():  # which reports for all
        output.write(report.document(), form)
    if report.lost:
        raise report.lost
    return exit_code(report.signal)


def _check_alone(**others: Any) -> None:
    """Make sure that no option of a run is given beside `--find-rate`."""
    for name, value in others.items():
        if value:
            raise click.UsageError(f"--{name} does not go with --find-rate, which keeps no run and takes one process.")


def _find_rate(
    loaded: Spec,
    file: Path,
    spec: options.Given,
    form: str,
    device: Device,
    weights: str | None,
    partial: bool,
    **changed: Any,
) -> None:
    """Let the rate rise, draw the curve, and tell what it suggests."""
    from netspec.driver.checking import warnings_of
    from netspec.driver.recipes import recipe_of
    from netspec.files.writing import write_atomic
    from netspec.recipe.libraries import require
    from netspec.training.finding_rates import find_rate_spec
    from netspec.training.showing.found_rate import found_rate
    from netspec.training.showing.pictures.rate_curve import rate_curve
    from netspec.training.spec import Start

    require("matplotlib")
    if findings := warnings_of(loaded, recipe_of(loaded)):
        output.show_diagnostics(findings)
    output.keep_inputs(file, spec.source, spec.recipe, *(each.name for each in loaded.document.places.sources))
    with output.load_report_shown():
        start = Start(weights, partial, output.show_load_report) if weights is not None else None
        found = find_rate_spec(loaded, device=device, start=start, **changed)
    write_atomic(file, rate_curve(found))
    output.write(found_rate(found, file, recipe_of(loaded).optimizer.lr), form)

"""A run that goes on: resumed where it was interrupted, or prolonged once it is finished.

Imports torch where a network is trained, no earlier.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.driver.plugins_used import check_plugins
from netspec.driver.recipes import places_of, recipe_of
from netspec.driver.spec import Spec
from netspec.files.run_folder import METRICS, SPEC, absent_run_help, check_members, is_run
from netspec.frontend.pause import importing
from netspec.recipe.placing import placed
from netspec.recipe.recipe import Recipe
from netspec.training.beforehand import check_device
from netspec.training.keeping.lock import RunLock
from netspec.training.keeping.metrics_file import read_metrics
from netspec.training.keeping.new_folder import check_new_folder
from netspec.training.keeping.parent import parent_of
from netspec.training.keeping.report import Report
from netspec.training.parallel.world import World, is_first
from netspec.training.spec import network_of

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device
    from netspec.training.keeping.metrics_file import Epoch
    from netspec.training.showing.progress import Display


class Manner(TypedDict, total=False):
    """How a run goes on, as `netspec.training.run.train` takes it.

    Attributes:
        device: The device to compute on.
        display: Shows how the run gets on.
        world: The processes that train together.
        profile: Whether to leave a profile.
        is_enough: Is told each epoch, and says whether the run ends with it.
    """

    device: Device
    display: Display | None
    world: World
    profile: bool
    is_enough: Callable[[Epoch], bool] | None


def resume_spec(
    run: Path,
    spec: Spec | None = None,
    *,
    folder: str | None = None,
    max_entries: int | None = None,
    **manner: Unpack[Manner],
) -> Report:
    """Resume a run at its checkpoint; one that is finished is reported as it is, and left so.

    Args:
        run: Its folder.
        spec: The spec that it must be training; None takes the run's own.
        folder: The folder of the data, if they have been moved.
        max_entries: As `netspec.load` takes it.
        manner: How to train; the processes may be as many as before or not.

    Raises:
        NetspecError: NS0806: the folder holds no run, one of another network or recipe, or one that another process
            trains. NS0925: it holds a link. All else as `train_spec`.
    """
    own = _own_spec(run, spec, folder, max_entries)
    recipe = recipe_of(own, folder=folder)
    if report := _finished(run):
        return report
    train = _training(recipe, manner)
    network, places = network_of(own, recipe), places_of(own, folder=folder)
    with placed(recipe, places), RunLock() as lock:
        if is_first():
            lock.take(run)
        if report := _finished(run):  # meanwhile, by another process
            return report
        return train(network, recipe, places=places, resume=run, lock=lock, **manner)


def prolong_spec(
    run: Path,
    spec: Spec | None = None,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    out: Path | None = None,
    folder: str | None = None,
    max_entries: int | None = None,
    **manner: Unpack[Manner],
) -> Report:
    """Go on with a finished run, as a longer run of its own that begins with the epochs of the first.

    The schedule counts over the whole length, as that of a run which was as long from its beginning.

    Args:
        run: The folder of the finished one, in which nothing changes.
        spec: As `resume_spec` takes it, and so `folder`, `max_entries` and `manner`.
        epochs: The whole length in epochs; or, in their place:
        steps: The whole length in steps of the optimizer.
        out: The folder of the longer run; without it, the first free ``runs/<name>-<n>``.
        folder: The folder of the data.
        max_entries: The most entries of the spec.
        manner: How to train.

    Raises:
        NetspecError: NS0806: the run is not finished, or no shorter, or had phases at steps where the longer one has
            others. All else as `resume_spec`.
    """
    own = _own_spec(run, spec, folder, max_entries)
    recipe = recipe_of(own, folder=folder, epochs=epochs, steps=steps)
    parent = parent_of(run, recipe_of(own, folder=folder), recipe, read_metrics(run))
    check_new_folder(out)
    train = _training(recipe, manner)
    network, places = network_of(own, recipe), places_of(own, folder=folder)
    with placed(recipe, places):
        return train(network, recipe, places=places, parent=parent, out=out, **manner)


def _training(recipe: Recipe, manner: Manner) -> Callable[..., Report]:
    """The function that trains, of torch, which is loaded once device and data are seen to be there."""
    check_device(manner.get("device", "auto"))
    recipe.data.look()
    display = manner.get("display")
    with display.loading("torch") if display else nullcontext(), importing("torch"):
        from netspec.training.run import train
    return train


def _own_spec(run: Path, spec: Spec | None, folder: str | None, max_entries: int | None) -> Spec:
    """The spec of a run; where another is given, that is of the same network and recipe."""
    if not is_run(run):
        message = f"{run} is no run's folder: it has no {SPEC}"
        raise NetspecError.of(Code.NOT_RESUMABLE, message, help=absent_run_help(run))
    check_members(run)
    check_plugins(run)
    own = api.load(run / SPEC, max_entries=max_entries)
    if spec is not None:
        _check_same(run, own, spec, recipe_of(own, folder=folder), recipe_of(spec, folder=folder))
    return own


def _finished(run: Path) -> Report | None:
    """The report of a run that is finished; None of any other."""
    if not os.path.lexists(run / METRICS):
        return None
    metrics = read_metrics(run)
    return Report(run, "done", metrics, before=True) if metrics["state"] == "done" else None


def _check_same(run: Path, own: Spec, spec: Spec, recipe: Recipe, given: Recipe) -> None:
    """Make sure that a run is of this network and recipe."""
    written, other = recipe.written(), given.written()
    keys = [f"`{key}`" for key in written if written[key] != other[key]]
    if own.digest == spec.digest and not keys:
        return
    what = f"the recipe has another {', '.join(keys)}" if own.digest == spec.digest else "the network is another"
    raise NetspecError.of(
        Code.NOT_RESUMABLE,
        f"{run} is no run of this `{spec.name}`: {what}",
        help=f"`netspec train --resume {run}` goes on with what the run began with",
    )

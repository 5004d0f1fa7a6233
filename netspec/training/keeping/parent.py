"""The finished run that a run prolongs. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from netspec.diagnostics import Code, NetspecError
from netspec.recipe.phases import Plan
from netspec.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Parent:
    """The run that another one goes on from, as `metrics.json` and checkpoints have it.

    Attributes:
        run: Its folder, as it was named.
        epochs: Its epochs, with which the other begins.
        schedule: What becomes of the learning rate, in words.
    """

    run: str
    epochs: int
    schedule: str

    @property
    def text(self) -> str:
        """The parent in a sentence."""
        return f"goes on from the {self.epochs:,} epochs of {self.run}; {self.schedule}"


def parent_in(found: Any) -> Parent | None:
    """The parent that a checkpoint tells of, or None.

    Raises:
        ValueError: It is no such thing.
    """
    try:
        return None if found is None else TypeAdapter(Parent).validate_python(found)
    except ValidationError as error:
        raise ValueError(f"`parent`: {error.errors()[0]['msg']}") from None


def parent_of(run: Path, own: Recipe, recipe: Recipe, metrics: Mapping[str, Any]) -> Parent:
    """A finished run as the parent of a longer one.

    Args:
        run: Its folder.
        own: Its recipe.
        recipe: That of the longer run.
        metrics: Those of the finished one.

    Raises:
        NetspecError: NS0806: it is not finished, it is as long already, its last epoch was cut, or the longer run
            begins a phase later than it did. NS0902: its metrics do not tell how far it came.
    """
    if metrics["state"] != "done":
        what, help = f"{run} is not finished", f"`netspec train --resume {run}` goes on with it as it began"
        raise NetspecError.of(Code.NOT_RESUMABLE, what, help=help)
    images, done, epochs = (metrics.get("data") or {}).get("train"), metrics.get("steps"), len(metrics["epochs"])
    if not images or not done or not epochs:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"the metrics of {run} do not tell how far it came")
    unit, length = recipe.length
    if recipe.total_steps(images) <= done:
        came = epochs if unit == "epochs" else done
        what, help = f"{run} has {came:,} {unit} already", f"--{unit} is the whole length: more than {came:,}"
        raise NetspecError.of(Code.NOT_RESUMABLE, what, found=f"--{unit} {length}", help=help)
    per_epoch = recipe.steps_per_epoch(images)
    if done != epochs * per_epoch:
        raise NetspecError.of(
            Code.NOT_RESUMABLE,
            f"the last epoch of {run} was cut at step {done:,}, and cannot go on",
            expected=f"a run of whole epochs, {per_epoch:,} steps each",
            help=f"`netspec train SPEC --weights {run}` starts from its weights",
        )
    plan = recipe.plan(images, [_loss(epoch) for epoch in metrics["epochs"]])
    _check_phases(run, own.plan(images), plan, recipe, done)
    schedule = _schedule(recipe, plan, metrics["epochs"][-1].get("learning_rate"), done)
    return Parent(str(run), epochs, schedule)


def _check_phases(run: Path, before: Plan, after: Plan, recipe: Recipe, done: int) -> None:
    """Make sure that the phases which a run has begun begin at the same steps of a longer one."""
    unit, length = recipe.length
    for index, start in enumerate(before.begun(done)):
        if start != after.starts[index]:
            began, begins = (each.starts[index] // each.one for each in (before, after))
            found = f"phase {index + 1} of {run} began after {began:,} {unit}"
            raise NetspecError.of(
                Code.NOT_RESUMABLE,
                f"{found}, that of a run of {length:,} after {begins:,}",
                expected="a run that ended before or in the phase without a length, which takes what is longer",
                help=f"`netspec train SPEC --weights {run}` starts from its weights",
            )


def _loss(epoch: Mapping[str, Any]) -> float:
    """The loss of an epoch in ``metrics.json``: on the held-out images, or else over the training."""
    loss = epoch.get("validation_loss", epoch.get("loss"))
    return math.nan if loss is None else float(loss)


def _schedule(recipe: Recipe, plan: Plan, before: float | None, done: int) -> str:
    """What becomes of the learning rate: that of the last step done was `before`."""
    after, (unit, length) = plan.rate(done), recipe.length
    index = plan.at(done)
    own = recipe.phases[index].schedule if recipe.phases else None
    schedule = own or recipe.schedule
    if before == after and schedule.key == "constant":
        return f"the learning rate stays {after:g}"
    whole = f"all {length:,} {unit}"
    if own:
        whole = f"the {plan.lengths[index] // plan.one:,} {unit} of phase {index + 1}"
    told = f"the schedule `{schedule.key}` counts over {whole}: the rate goes on at {after:.4g}"
    return told if before is None else f"{told}, after {before:.4g}"

"""Training from Python: `netspec.train`. Imports torch where a network runs, no earlier."""

from __future__ import annotations

import json
import signal
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device, typed
from netspec.diagnostics.facts import Unknown
from netspec.diagnostics.nearmiss import near_miss
from netspec.diagnostics.styled import visible
from netspec.driver.sizing import with_inputs
from netspec.driver.spec import Spec, given, load, with_recipe, with_settings
from netspec.plugins import load_plugin
from netspec.recipe.data import DataSet
from netspec.recipe.libraries import LIBRARIES, require
from netspec.recipe.optimizers import Optimizer
from netspec.shape import Shape
from netspec.training.beforehand import check_beforehand
from netspec.training.finished import Run
from netspec.training.keeping.metrics_file import Epoch, json_text
from netspec.training.parallel.world import Sharing, find_world, is_first, started
from netspec.training.resuming import prolong_spec, resume_spec
from netspec.training.showing.in_notebook import Notebook, kernel_display
from netspec.training.showing.progress import Display, display_on
from netspec.training.spec import Start, train_spec

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic
    from netspec.interop.load_report import LoadReport
    from netspec.training.keeping.report import Report


class StopTraining(Exception):
    """Raised by a callback: the run ends with this epoch, as by early stopping."""


@typed
def train(
    spec: Spec | str | Path | None = None,
    *,
    recipe: str | Path | Mapping[str, Any] | None = None,
    data: str | Path | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    device: Device = "auto",
    weights: str | Path | None = None,
    partial: bool = False,
    out: str | Path | None = None,
    inputs: Mapping[str, Shape] | None = None,
    resume: str | Path | Run | None = None,
    on_epoch: Callable[[Epoch], object] | None = None,
    progress: bool = False,
    profile: bool = False,
    log: Sequence[str] = (),
    plugin: str | Path | Sequence[str | Path] = (),
    strategy: Sharing = "ddp",
    **params: Any,
) -> Run:
    """Train a network by its recipe.

        >>> run = netspec.train("lenet_digits", epochs=2)
        >>> run.metrics["test_accuracy"], run.model(), run.predict("digit.png")

    Nothing is printed; what the run has to remark is a warning. Ctrl-C and SIGTERM finish the step and save the run,
    and then do what they always do; `resume` goes on from there. Under torchrun all processes train together; a program
    starts none itself.

    Args:
        spec: A loaded spec, or an argument for `load`; None for that of the run that is resumed.
        recipe: A recipe in place of the spec's own, as for `load`.
        data: The folder or file of the data.
        epochs: The whole length in epochs, in place of the recipe's; or else:
        steps: The whole length in steps of the optimizer.
        batch_size: In place of the recipe's.
        seed: In place of the recipe's.
        device: ``cpu`` or ``cuda``; ``auto`` is CUDA where there is one.
        weights: Weights to start with, as for `load_weights`; None draws them.
        partial: Whether to load only the weights that fit; a warning lists the others.
        out: The run's folder, new or empty; by default the first free ``runs/<name>-<n>``.
        inputs: Input shapes in place of the spec's own.
        resume: The folder of a run that is to go on as it began; a finished one with `epochs` or `steps`, as a longer
            run of its own.
        on_epoch: Is given each epoch once it is over and saved. Where it returns False or raises `StopTraining`, the
            run ends with it; other exceptions pass, and leave a run that can be resumed.
        progress: Whether to print how the run gets on; in a notebook, to show it as a bar and curves.
        profile: Whether to leave a profile of some steps in the folder.
        log: Names of loggers beside the recipe's own: ``wandb``, ``mlflow``.
        plugin: A file of Python, or several, that bring layers and parts of recipes; `metrics.json` names those in use.
        strategy: With several processes: ``ddp`` for a copy of the network in each, ``fsdp`` for a piece.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec or its recipe is wrong, data are missing or do not fit, or training fails.
    """
    for file in (plugin,) if isinstance(plugin, str | Path) else plugin:
        load_plugin(Path(file))
    world = find_world(None, None, strategy)
    try:
        loaded = _loaded(spec, recipe, params)
    except NetspecError as error:
        error.retell(_told_of_options)
        raise
    if loaded is None and resume is None:
        raise TypeError("train() needs a spec, or `resume` with a run")
    if loaded is not None and inputs:
        loaded = with_inputs(loaded, inputs)
    if resume is not None:
        _refuse(
            batch_size=batch_size, seed=seed, weights=weights, log=log or None, out=None if epochs or steps else out
        )
    require(*LIBRARIES)
    folder = None if data is None else str(Path(data).resolve())
    target = None if out is None else Path(out)
    values: Any = {"batch_size": batch_size, "seed": seed, "epochs": epochs, "steps": steps, "log": list(log) or None}
    shared: Any = {"device": device, "folder": folder, "world": world, "profile": profile}
    if loaded is not None and resume is None and not started():
        check_beforehand(loaded, device, target, anew=weights is None, folder=folder, **values)
    display = _display(progress)
    shared |= {"display": display, "is_enough": _asking(on_epoch) if on_epoch else None}
    if resume is None:
        assert loaded is not None
        start = None if weights is None else Start(str(weights), partial, _warn_of_others)
        report = train_spec(loaded, out=target, start=start, **values, **shared)
    elif epochs is None and steps is None:
        report = resume_spec(_folder_of(resume), loaded, **shared)
    else:
        report = prolong_spec(_folder_of(resume), loaded, epochs=epochs, steps=steps, out=target, **shared)
    if progress and is_first():  # which shows for all
        display.result(report.text())
    return _run_of(report, shown=progress)


_ELSEWHERE = {
    "devices": "a program starts no processes: `torchrun --nproc-per-node N PROGRAM` does, and all train together",
    "nodes": "a program starts no processes: torchrun does, on each machine, and all train together",
    "find_rate": "`netspec train SPEC --find-rate FILE.png` suggests a rate; it keeps no run",
}
"""Options of the command that are none here, and what there is in their place."""


def _told_of_options(found: Diagnostic) -> Diagnostic:
    """The error of a param that the spec does not have, with what `train` has to say of its name."""
    if found.code is not Code.UNKNOWN_SETTING or not isinstance(found.fact, Unknown):
        return found
    name = found.fact.name
    if name in _ELSEWHERE:
        return replace(found, message=f"{found.message}; {_ELSEWHERE[name]}")
    options = [each.name for each in signature(train).parameters.values() if each.kind is each.KEYWORD_ONLY]
    for key, family in (("optimizer", Optimizer), ("data", DataSet)):
        if any(name in each.model_fields for each in family.members.values()):
            return replace(found, message=f"{found.message}; `train.{key}.{name}` sets that of the recipe")
    near = near_miss(name, options)
    return replace(found, message=f"{found.message}; `train` has the option `{near}`") if near else found


def _loaded(spec: Spec | str | Path | None, recipe: str | Path | Mapping[str, Any] | None, params: Any) -> Spec | None:
    """The spec with its recipe and params; None where none is given."""
    if spec is None:
        if recipe is not None or params:
            raise TypeError("`recipe` and params go with a spec")
        return None
    if recipe is None:
        return given(spec, params)
    return with_settings(with_recipe(spec, recipe), params) if isinstance(spec, Spec) else load(spec, params, recipe)


def _folder_of(run: str | Path | Run) -> Path:
    return run.path if isinstance(run, Run) else Path(run)


def _refuse(**others: object) -> None:
    """Make sure that nothing is asked for that a resumed run cannot have."""
    for name, value in others.items():
        if value is not None:
            raise TypeError(f"`{name}` does not go with `resume`: a run goes on as it began")


def _asking(on_epoch: Callable[[Epoch], object]) -> Callable[[Epoch], bool]:
    """Whether a callback says that an epoch is the last; it gets a record that it cannot change."""

    def is_enough(epoch: Epoch) -> bool:
        figures, validation = (MappingProxyType(dict(each)) for each in (epoch.figures, epoch.validation))
        try:
            return on_epoch(replace(epoch, figures=figures, validation=validation)) is False
        except StopTraining:
            return True

    return is_enough


class _Remarks(Display):
    """Prints nothing; remarks are Python's warnings."""

    def note(self, text: str) -> None:
        warnings.warn(visible(text), stacklevel=2)

    def warn(self, findings: Sequence[Diagnostic]) -> None:
        for each in findings:
            warnings.warn(visible(each.in_one_line), stacklevel=2)


def _display(progress: bool) -> Display:
    if not progress:
        return _Remarks()
    if display := kernel_display():
        return Notebook(display)
    from rich.console import Console

    return display_on(Console())


def _warn_of_others(report: LoadReport) -> None:
    if not report.complete:
        warnings.warn(str(report), stacklevel=2)


def _run_of(report: Report, shown: bool) -> Run:
    """The run of a report, once a signal that came has had its way.

    Args:
        report: The result of the run.
        shown: Whether it is shown already.

    Raises:
        NetspecError: NS0805: the disk did not take its weights.
    """
    if report.lost:
        raise report.lost
    if report.signal is not None:
        if not shown:
            warnings.warn(report.text(), stacklevel=2)
        signal.raise_signal(report.signal)
    return Run(report.folder, json.loads(json_text(report.metrics)))

"""A search from Python: `netspec.search_over`, with the words of `netspec search`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device, typed
from netspec.driver.spec import Spec, given, with_recipe, with_settings
from netspec.plugins import load_plugin
from netspec.search.driver import Search, Trial, read_budget, search
from netspec.search.space import read_axis
from netspec.search.trial import Goal

Words = str | Sequence[str]
"""A word, or several."""


@typed
def search_over(
    spec: Spec | str | Path,
    over: Words,
    *,
    recipe: str | Path | Mapping[str, Any] | None = None,
    budget: Words = (),
    maximize: Words = (),
    minimize: Words = (),
    trials: int | None = None,
    grid: bool = False,
    seeds: int = 1,
    out: str | Path | None = None,
    storage: str | None = None,
    ray: str | None = None,
    workers: int | None = None,
    data: str | Path | None = None,
    device: Device = "auto",
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    plugin: str | Path | Sequence[str | Path] = (),
    on_trial: Callable[[Trial], object] | None = None,
    **params: Any,
) -> Search:
    """Search for the best values of a spec's params and of its recipe, as `netspec search` does.

        >>> found = netspec.search_over("digits.yaml", ["width=8..64:log"], budget="params<=50K", maximize="accuracy")
        >>> [trial.point for trial in found.trials if trial.best]

    Called again with the same arguments, it goes on. Nothing is printed or drawn; `on_trial` is given each trial that
    has ended.

    Args:
        spec: A loaded spec, or an argument for `load`.
        over: The axes, as ``--over`` takes them.
        recipe: A recipe in place of the section `train`: a file, a name, or plain data.
        budget: Limits above which networks are refused: ``params<=1M``.
        maximize: Figures of which more is searched for.
        minimize: Figures of which less is; without either, the recipe's first metric, or else the loss.
        trials: The number of trials, refused draws not counted; by default 20, of a grid all its points.
        grid: Whether every point of the axes is tried.
        seeds: Runs of each trial; figures are means.
        out: The search's folder; by default ``runs/<name>-search``.
        storage: The URL of a database of the trials, in place of a journal in the folder.
        ray: The address of a cluster of Ray that trains.
        workers: The number of its workers.
        data: Folder or file of the data, in place of the recipe's.
        device: ``auto`` is CUDA where there is one, or else the CPU.
        epochs: Length of a run in epochs, in place of the recipe's.
        steps: Length of a run in steps of the optimizer, likewise.
        batch_size: Size of the batch, likewise.
        seed: Seed of runs and draws, likewise.
        plugin: Python files with more layers and parts of recipes.
        on_trial: Is given each trial that has ended.
        params: Params and keys to set.

    Raises:
        NetspecError: As `netspec.search.driver.search`. NS0203: an argument is of another type.
    """
    _check({"trials": trials, "seeds": seeds, "workers": workers}, out)
    for file in (plugin,) if isinstance(plugin, str | Path) else plugin:
        load_plugin(Path(file))
    loaded = given(spec, params if recipe is None else {})

    def told(trial: Trial, _: Sequence[Goal]) -> None:
        if on_trial is not None:
            on_trial(trial)

    changed: dict[str, Any] = {"epochs": epochs, "steps": steps, "batch_size": batch_size, "seed": seed}
    return search(
        loaded if recipe is None else with_settings(with_recipe(loaded, recipe), params),
        [read_axis(each) for each in _several(over)],
        [
            *(Goal(each, "maximize") for each in _several(maximize)),
            *(Goal(each, "minimize") for each in _several(minimize)),
        ],
        budget=read_budget(_several(budget)),
        trials=trials,
        grid=grid,
        seeds=seeds,
        out=None if out is None else Path(out),
        storage=storage,
        ray=ray,
        workers=workers,
        told=told,
        device=device,
        folder=None if data is None else str(Path(data).resolve()),
        **{name: value for name, value in changed.items() if value is not None},
    )


def _check(numbers: Mapping[str, int | None], out: object) -> None:
    """Make sure that numbers and the folder are what the command could give, before anything is read."""
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise NetspecError.of(Code.WRONG_TYPE, f"`{name}` is {value}, and is to be at least 1")
    if out == "":
        raise NetspecError.of(Code.WRONG_TYPE, "`out` names no folder")


def _several(words: Words) -> Sequence[str]:
    return (words,) if isinstance(words, str) else words

"""Mean and deviation of the values that a network learns from, where its task standardises them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from netspec.functional.packing import targets_by_output
from netspec.functional.standardising import Standard, standard_of
from netspec.recipe.data.problems import mismatch
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import TaskFacts
from netspec.training.feeding.sample_set import Samples
from netspec.training.network import Aim

_NAMED = 3
"""The most values that are named."""


def with_standards(
    facts: Mapping[str, TaskFacts], samples: Samples, recipe: Recipe, known: Mapping[str, Standard] | None
) -> dict[str, TaskFacts]:
    """The facts of each output with mean and deviation of its values, where its task standardises them.

    Args:
        facts: The facts by output, those of the only one without a name.
        samples: The data.
        recipe: The recipe.
        known: Those that the network was trained by, by output; None where it is to be trained by those of the data.

    Raises:
        NetspecError: NS0804: the network was trained by some that are not known.
    """
    asked = {name for name, (_, task) in recipe.for_outputs().items() if task is not None and task.standardises()}
    found = dict(known or {})
    if known is not None and not asked <= known.keys():
        what = "the outputs stand for standardised values, and no run tells the mean and the deviation of these"
        mismatch(what, "name the run that the weights are of: `netspec eval RUN --weights FILE`")
    if asked and known is None:
        columns = _columns(samples, asked)
        found = {name: standard_of(columns[name]) for name in asked & columns.keys()}
    return {name: replace(each, standard=found.get(name) if name in asked else None) for name, each in facts.items()}


def _columns(samples: Samples, names: Collection[str]) -> dict[str, Tensor]:
    """The columns of values to train on, [N] or [N, K], by output; of one target, that for each of the names."""
    targets = samples.train.targets
    if targets is None:
        return {}
    told = targets_by_output(targets, samples.outputs) if samples.outputs else dict.fromkeys(names, targets)
    return {name: each for name, each in told.items() if each.is_floating_point() and each.ndim <= 2}


def standard_notes(samples: Samples, aim: Aim) -> Iterator[str]:
    """Remarks on the outputs whose loss is of standardised values, which say by what."""
    for name, (means, deviations) in _standards(aim).items():
        pairs = zip(value_names(name, len(means), samples), means, deviations, strict=True)
        told = [f"`{own}` less {mean:.4g}, by {deviation:.4g}" for own, mean, deviation in pairs]
        yield f"the loss is of standardised values: {_listed(told)}"


def constant_notes(samples: Samples, aim: Aim) -> Iterator[str]:
    """Remarks on values that are standardised and are all the same, so that they have no deviation."""
    standards = _standards(aim)
    columns = _columns(samples, standards) if standards else {}
    for name, (means, _) in standards.items():
        same = (columns[name] == columns[name][:1]).all(0).reshape(-1).tolist()
        pairs = zip(value_names(name, len(means), samples), means, same, strict=True)
        if told := [f"`{own}` is always {mean:.4g}" for own, mean, constant in pairs if constant]:
            yield f"{_listed(told)}: it is divided by 1, and nothing is to be learned of it"


def _standards(aim: Aim) -> dict[str, Standard]:
    of = {"": aim} if isinstance(aim, Objective) else aim.of if isinstance(aim, Objectives) else {}
    return {name: each.facts.standard for name, each in of.items() if each.facts.standard is not None}


def _listed(told: Sequence[str]) -> str:
    return "; ".join(told[:_NAMED]) + (f"; and so with {len(told) - _NAMED:,} more" if told[_NAMED:] else "")


def value_names(output: str, count: int, samples: Samples) -> Sequence[str]:
    """The columns that values are of, or else their places."""
    columns = next((each.columns for each in samples.outputs if each.name == output), samples.labels)
    own = output or "target"
    if len(columns) == count:
        return columns
    return [own] if count == 1 else [f"{own} {index}" for index in range(count)]

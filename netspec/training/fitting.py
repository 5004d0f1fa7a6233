"""Network, data and recipe held against each other once the data are read; what the network is then trained by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netspec.frontend.problems import Places
from netspec.functional.standardising import Standard
from netspec.recipe.data import DataSet
from netspec.recipe.fitting_data import of_data, of_images, refuse
from netspec.recipe.fitting_detector import detecting
from netspec.recipe.losses import Loss
from netspec.recipe.objective import objective_of
from netspec.recipe.objectives import Misfit, Objectives, objectives_of
from netspec.recipe.output_losses import Losses
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import TaskFacts
from netspec.training.feeding.class_counts import image_counts, pixel_counts
from netspec.training.feeding.ranges import input_range, target_ranges
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.standards import with_standards
from netspec.training.inputs_taken import field_misfits, token_misfits
from netspec.training.network import Aim, Network, task_facts


def check_fit(
    network: Network,
    samples: Samples,
    recipe: Recipe,
    places: Places,
    counts: Mapping[str, Sequence[int]] | None = None,
    standards: Mapping[str, Standard] | None = None,
) -> Aim:
    """Make sure that network, data and recipe fit each other; the objective that the network is then trained by.

    Args:
        network: The network.
        samples: The data.
        recipe: The recipe.
        places: The places of the spec's values.
        counts: The images of each class that the network was trained on, by the output that tells them, that of the
            only one without a name; the data's own are taken where they are missing.
        standards: Mean and deviation of the values that it was trained on, likewise; None takes those of the data.

    Raises:
        NetspecError: NS0804, a diagnostic for everything that does not fit; NS0801: a metric does not judge the task.
    """
    if network.detection is not None:
        aim = detecting(recipe, network.detection, len(samples.classes))
        refuse(of_data(recipe.data, aim.misfits()), (), places)
        return aim
    if isinstance(recipe.loss, Losses):
        return _fit_of_outputs(network, samples, recipe, recipe.loss, places, counts or {}, standards)
    facts = task_facts(network, recipe.data, len(samples.classes), samples.target_shape, samples.scene.ignored)
    facts = replace(facts, binary=samples.binary, names=samples.classes)
    if samples.tokens is not None:
        ignored = samples.scene.ignored if recipe.data.hides else None
        facts = replace(facts, tokens=samples.tokens, ignored=ignored)
    labels = samples.train.labels
    if labels is not None and len(labels):
        facts = replace(facts, first_label=int(labels.min()))
    facts = replace(facts, counts=_counts(samples, recipe.loss, (counts or {}).get("")))
    known = with_standards(_with_ranges({"": facts}, samples, recipe), samples, recipe, standards)
    objective = objective_of(recipe, known[""])
    unfit = [*_unfit(network, samples, recipe), *of_data(recipe.data, objective.misfits())]
    refuse(unfit, objective.refused(), places)
    objective.check(places)
    return objective


def _unfit(network: Network, samples: Samples, recipe: Recipe) -> list[Misfit]:
    """The reasons why the network cannot take the examples."""
    data = recipe.data
    if samples.tokens is not None:
        return of_data(data, token_misfits(network.slots, samples.shape, samples.tokens.size, data.key))
    if samples.fields:
        return of_data(data, field_misfits(network.slots, samples.fields, data.key))
    return of_images(network.input_shape, data, samples.read)


def _with_ranges(facts: Mapping[str, TaskFacts], samples: Samples, recipe: Recipe) -> dict[str, TaskFacts]:
    """The facts of each output with the least and the largest number of inputs and targets, where a loss asks."""
    if all(loss.targets_within is None for loss, _ in recipe.for_outputs().values()):
        return dict(facts)
    inputs, targets = input_range(samples, recipe), target_ranges(samples)
    shared = targets.get("")
    return {
        name: replace(each, input_range=inputs, target_range=targets.get(name, shared)) for name, each in facts.items()
    }


def _counts(samples: Samples, loss: Loss, known: Sequence[int] | None) -> tuple[int, ...] | None:
    """The images of each class to train on, or the pixels where the loss asks, or those that are known from before."""
    if known:
        return tuple(known)
    return image_counts(samples) or (pixel_counts(samples) if loss.balances else None)


def _fit_of_outputs(
    network: Network,
    samples: Samples,
    recipe: Recipe,
    losses: Losses,
    places: Places,
    counts: Mapping[str, Sequence[int]],
    standards: Mapping[str, Standard] | None,
) -> Objectives:
    """The objectives of several outputs, as `check_fit` gives the only one."""
    facts = {
        name: _output_facts(name, network, samples, recipe.data, each.loss, counts.get(name))
        for name, each in losses.of.items()
    }
    facts = with_standards(_with_ranges(facts, samples, recipe), samples, recipe, standards)
    aims = objectives_of(recipe, losses, facts, samples.outputs)
    problems = _unfit(network, samples, recipe)
    if recipe.data.sampler == "balanced" and samples.train.labels is None:
        what = "`sampler: balanced` counts the classes of one target, and there are several"
        problems += of_data(recipe.data, [(what, "leave it out")], "sampler")
    refuse([*problems, *aims.misfits()], aims.refused(), places)
    aims.check(recipe, places)
    return aims


def _output_facts(
    name: str, network: Network, samples: Samples, data: DataSet, loss: Loss, counts: Sequence[int] | None
) -> TaskFacts:
    """The facts that the task of one of several outputs needs."""
    output = network.output_shapes[name]
    if not samples.outputs:
        classes, blank = len(samples.classes), samples.scene.ignored
        ignored = blank if classes and samples.target_shape else None
        shape, binary = samples.target_shape, samples.binary
        facts = TaskFacts(network.input_shape, output, classes, shape, ignored, data.key, binary)
        return replace(facts, counts=_counts(samples, loss, counts), names=samples.classes)
    if name not in samples.told:
        return TaskFacts(network.input_shape, output, 0, None, data=data.key)
    found = samples.told[name]
    facts = TaskFacts(network.input_shape, output, found.classes, found.shape, None, data.key, found.binary)
    counted = found.counts and tuple(counts or found.counts)
    names = next(each.classes for each in samples.outputs if each.name == name)
    return replace(facts, first_label=found.first_label, counts=counted, names=names)

"""The task, loss and metrics of a training script, worked out before any data are read."""

from __future__ import annotations

from netspec.diagnostics import Code
from netspec.frontend.problems import Places, Report
from netspec.frontend.schema import SECTION
from netspec.recipe.augmented import augment_problems
from netspec.recipe.objective import Objective, objective_of
from netspec.recipe.recipe import Recipe
from netspec.training.network import Network, misfits, refuse, task_facts


def aim_of(recipe: Recipe, network: Network, places: Places) -> Objective:
    """Task, loss and metrics of a recipe for a network.

    Raises:
        NetspecError: NS0804: network and data do not fit each other. NS0801: a metric does not judge the task, or only
            the data tell which it is.
    """
    data = recipe.data
    if data.image is not None and data.class_count is not None:
        objective = objective_of(recipe, task_facts(network, data, data.class_count))
        refuse([*misfits(network, data, data.image), *objective.misfits()], objective.refused(), places)
        report = Report(places)
        mixable = objective.task.key != "segmentation"
        for index, text, help in augment_problems(
            recipe.augment, data.image, data.shape, data.shape(data.image), mixable
        ):
            report.add(Code.BAD_RECIPE, text, (SECTION, "augment", index), help=help)
        report.check()
    else:
        objective = _told_by_the_network(recipe, network, places)
    objective.check(places)
    return objective


def _told_by_the_network(recipe: Recipe, network: Network, places: Places) -> Objective:
    """The objective for data that are yet to be read: the network's outputs decide what they must be."""
    given, inputs = network.output_shape, network.input_shape
    known = recipe.data.class_count or given[0]
    ignored = getattr(recipe.data, "ignored", None)
    targets: tuple[tuple[int, tuple[int, ...] | None], ...] = ((known, ()), (known, inputs[1:]), (0, given), (0, None))
    objectives = [objective_of(recipe, task_facts(network, recipe.data, *each, ignored)) for each in targets]
    found = {each.task.key: each for each in reversed(objectives) if not each.misfits()}
    if len(found) == 1:
        refuse([], next(iter(found.values())).refused(), places)
        return next(iter(found.values()))
    report = Report(places)
    if found:
        help = f"write `task: {next(iter(found))}`"
        message = "only the data tell what this network is trained for"
        report.add(Code.BAD_RECIPE, message, (SECTION,), help=help)
    report.check()
    refuse(objectives[0].misfits(), (), places)
    return objectives[0]

"""The task, loss and metrics of a training script, worked out before any data are read."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import Code
from netspec.frontend.problems import Places, Report
from netspec.frontend.schema import SECTION
from netspec.functional.fields import UNTOLD, Field
from netspec.recipe.data.text import Texts
from netspec.recipe.detecting import Detecting
from netspec.recipe.fitting_data import of_data, refuse
from netspec.recipe.fitting_detector import detecting
from netspec.recipe.losses import Loss, PairLoss
from netspec.recipe.objective import Objective, objective_of
from netspec.recipe.objectives import Objectives, objectives_of
from netspec.recipe.output_losses import Losses
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Task, TaskFacts
from netspec.training.inputs_taken import token_misfits
from netspec.training.network import Network, task_facts


def aim_of(recipe: Recipe, network: Network, places: Places) -> Objective | Objectives | Detecting:
    """Task, loss and metrics of a recipe for a network, which `check_data` let pass.

    Raises:
        NetspecError: NS0804: network and data do not fit each other. NS0801: a metric does not judge the task, or only
            the data tell which it is.
    """
    data = recipe.data
    if network.detection is not None:
        classes = data.known_classes or network.detection.classes - 1
        return detecting(recipe, network.detection, classes)
    if isinstance(recipe.loss, Losses):
        return _aims_of(recipe, recipe.loss, network, places)
    if isinstance(data, Texts):
        return _of_texts(recipe, data, network, places)
    if data.known_image is not None and data.known_classes is not None:
        objective = objective_of(recipe, task_facts(network, data, data.known_classes))
    else:
        objective = _told_by_the_network(recipe, network, places)
    objective.check(places)
    return objective


def _of_texts(recipe: Recipe, data: Texts, network: Network, places: Places) -> Objective:
    """The objective for windows of texts, whose tokens the recipe tells."""
    if data.length is None:
        unknown = (f"{data.key} does not know how long a window is", "write `length: 128` at `data`, say")
        refuse(of_data(data, [unknown]), (), places)
    window, vocabulary = (data.length or 0,), data.tokens()
    facts = replace(task_facts(network, data, 0, window), tokens=vocabulary, ignored=UNTOLD if data.hides else None)
    objective = objective_of(recipe, facts)
    unfit = [*token_misfits(network.slots, window, vocabulary.size, data.key), *objective.misfits()]
    refuse(of_data(data, unfit), objective.refused(), places)
    objective.check(places)
    return objective


def _aims_of(recipe: Recipe, losses: Losses, network: Network, places: Places) -> Objectives:
    """The objectives of several outputs, by the targets that the recipe names, or by one for all."""
    data, report = recipe.data, Report(places)
    if data.sampler == "balanced" and len(data.named_outputs) > 1:
        what = "`sampler: balanced` counts the classes of one target, and there are several"
        refuse(of_data(data, [(what, "leave it out")], "sampler"), (), places)
    known = data.known_classes if data.known_image is not None else None
    facts: dict[str, TaskFacts] = {}
    for name, (loss, task) in recipe.for_outputs().items():
        own = replace(network, output_shape=network.output_shapes[name])
        if len(data.named_outputs) > 1 and name not in data.named_outputs:
            facts[name] = task_facts(own, data, 0, None)
        elif known is not None:
            facts[name] = task_facts(own, data, known)
        else:
            facts[name] = _only_fitting(recipe, own, loss, task, report, name).facts
    report.check()
    packed = tuple(Field(name, facts[name].targets or ()) for name in data.named_outputs)
    aims = objectives_of(recipe, losses, facts, packed if len(packed) > 1 else ())
    refuse(aims.misfits(), aims.refused(), places)
    aims.check(recipe, places)
    return aims


def _told_by_the_network(recipe: Recipe, network: Network, places: Places) -> Objective:
    """The objective for data that are yet to be read: the network's outputs decide what they must be."""
    report = Report(places)
    found = _only_fitting(recipe, network, recipe.only_loss, recipe.task, report)
    report.check()
    misfits = of_data(recipe.data, found.misfits())
    refuse(misfits, found.refused() if not misfits else (), places)
    return found


def _only_fitting(
    recipe: Recipe,
    network: Network,
    loss: Loss | None,
    task: Task | None,
    report: Report,
    output: str = "",
) -> Objective:
    """The only objective that an output can have, whatever the data are; the first where none fits.

    It is noted where several fit.
    """
    given, inputs = network.output_shape, network.input_shape
    alone = given[0] == 1 and loss is not None and loss.told_by_one() is not None  # a logit of two classes
    known = recipe.data.known_classes or (2 if alone else given[0])
    ignored = getattr(recipe.data, "ignored", None)
    classes, values = (known, ()), (0, given)
    targets: list[tuple[int, tuple[int, ...] | None]] = [classes, (known, inputs[1:]), values, (0, None)]
    if isinstance(loss, PairLoss):
        targets = [(2, ())]  # whether two outputs belong together, where it is told
    elif recipe.data.sampler == "balanced":
        targets = [classes]  # which are drawn alike
    if output in recipe.data.named_outputs and targets != [classes]:
        meant = getattr(recipe.data, "targets", None)
        meant = meant.get(output) if isinstance(meant, dict) else meant
        targets = [each for each, kind in ((classes, "classes"), (values, "values")) if meant in (None, kind)]
    objectives = [
        objective_of(recipe, task_facts(network, recipe.data, *each, ignored), loss, task) for each in targets
    ]
    found = {each.task.key: each for each in reversed(objectives) if not each.misfits()}
    if output and known < 2:
        found.pop("classification", None)  # of one class
    if len(found) > 1:
        help = f"write {' or '.join(f'`task: {key}`' for key in found)}"
        message = "only the data tell what this network is trained for"
        place = (SECTION, "loss", output) if output else (SECTION,)
        report.add(Code.BAD_RECIPE, message, place, help=help)
    return next(iter(found.values()), objectives[0])

"""Keys of a recipe that do not go together, as far as no network has a part in it. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.diagnostics import Code
from netspec.diagnostics.nearmiss import near_miss
from netspec.frontend.problems import Problem, Report
from netspec.frontend.schema import SECTION
from netspec.recipe.data.objects import Objects
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric, metrics_of
from netspec.recipe.phases import find_misfits
from netspec.recipe.tasks import Task, TaskFacts, tasks_of

if TYPE_CHECKING:
    from netspec.recipe.recipe import Recipe


def check_consistency(recipe: Recipe, report: Report) -> None:
    """Note problems that single values cannot tell."""
    if problem := recipe.schedule.refuse(recipe.optimizer.lr):
        help = "the run starts at the optimizer's rate: lower it, or raise the peak"
        report.add(Code.BAD_RECIPE, problem, (SECTION, "schedule"), help=help)
    if recipe.augment:
        _check_augment(recipe, report)
    _check_tasks(recipe, report)
    if recipe.metrics:
        _check_metrics(recipe, report)
    for key, monitor in recipe.monitors().items():
        _check_monitor(recipe, key, monitor, report)
    unit, total = recipe.length
    find_misfits(recipe.phases, unit, total, recipe.optimizer.lr, report)


def names_figure(recipe: Recipe, figure: str) -> bool:
    """Whether a text names the loss, or a figure of a metric: that of an output where each has a loss of its own."""
    output, _, own = figure.rpartition(".")
    tasks = _tasks(recipe).get(output)
    if figure == "loss" or tasks is None:
        return figure == "loss"
    metric = Metric.of_figure(own)
    return own == "loss" or (metric is not None and bool(tasks & set(metric.tasks)))


def figures_of(recipe: Recipe) -> list[str]:
    """The figures that a recipe's losses and metrics may have, the loss first; those of outputs by their names."""
    found = ["loss"]
    for output, tasks in _tasks(recipe).items():
        own = [figure for each in recipe.metrics if tasks & set(each.tasks) for figure in each.figures]
        others = [name for name in metrics_of(tasks) if Metric.of_figure(name)]
        found += [f"{output}.{each}" if output else each for each in ("loss", *own, *others)]
    return list(dict.fromkeys(found))


def measured_by(recipe: Recipe) -> list[str]:
    """The figures that a validation by a recipe may have: its losses, what tasks are judged by, and its metrics."""
    facts, found = _known_facts(recipe), ["loss"]
    for output, (loss, task) in recipe.for_outputs().items():
        tasks = [task] if task else _possible(tasks_of(loss), facts)
        keys = {each.key for each in tasks}
        metrics = [metric for each in tasks for metric in each.own(facts)]
        metrics += [metric for metric in recipe.metrics if keys & set(metric.tasks)]
        figures = ["loss", *(figure for metric in metrics for figure in metric.figures)]
        found += [f"{output}.{each}" if output else each for each in figures]
    return list(dict.fromkeys(found))


def _known_facts(recipe: Recipe) -> TaskFacts | None:
    """The facts of classes that are known before the data are read, as if the network gave what it takes."""
    data = recipe.data
    if data.known_image is None or data.known_classes is None or data.packs or data.named_inputs or data.named_outputs:
        return None
    shape = tuple(data.shape(data.known_image))
    return TaskFacts(shape, shape, data.known_classes, data=data.key)


def _possible(tasks: list[Task], facts: TaskFacts | None) -> list[Task]:
    """The tasks that some network may have with such data: those that take them, or ask for no targets."""
    if facts is None:
        return tasks
    return [each for each in tasks if each.takes(facts) or not each.misfits(facts)] or tasks


def _check_augment(recipe: Recipe, report: Report) -> None:
    """Note augmentations that do not go with boxes, or not without."""
    from netspec.recipe.augmented import misplaced, overgrown  # with a module of augmentations, which few recipes name

    found = [*misplaced(recipe.augment, isinstance(recipe.data, Objects)), *overgrown(recipe.augment)]
    for index, problem, expected in found:
        report.add(Code.BAD_RECIPE, problem, (SECTION, "augment", index), expected=expected)


def _check_monitor(recipe: Recipe, key: str, monitor: str, report: Report) -> None:
    """Note a figure that is none, as far as the network has no part in it."""
    output, _, own = monitor.rpartition(".")
    metric, outputs = Metric.of_figure(own), _tasks(recipe)
    if monitor == "loss" or (output and output not in outputs):  # the latter is told beside the network's outputs
        return
    tasks = outputs.get(output, set())
    measured = measured_by(recipe)
    if (own == "loss" and output) or monitor in measured:
        return
    own_figures = [each for each in measured if each.rpartition(".")[0] == output]
    if metric is not None and tasks & set(metric.tasks):
        report.extend([not_counted(key, monitor, own_figures, own_figures)])
        return
    expected = f"one of {', '.join(f'`{each}`' for each in _nearest_first(monitor, own_figures, recipe.metrics))}"
    if output not in outputs:
        expected = f"`loss`, or a figure of an output, such as `{next(iter(outputs))}.loss`"
    message = f"there is no figure `{monitor}` to compare epochs by"
    report.add(Code.BAD_RECIPE, message, (SECTION, key, "monitor"), expected=expected)


def not_counted(key: str, monitor: str, own: Sequence[str], counted: Sequence[str]) -> Problem:
    """The refusal of a figure by which epochs are to be compared, and which is not counted.

    Args:
        key: The key of the recipe that names it.
        monitor: The figure.
        own: Those that are counted on held-out examples.
        counted: Those that are counted.
    """
    kind, figure = Metric.of_figure(monitor), monitor.rpartition(".")[2]
    help = f"add it: `metrics: [{kind.asked(figure) if kind else figure}]`"
    if monitor in own:
        help = "hold some images out for it: `validation: 0.1` at `data`, say"
    message = f"`{monitor}`, by which epochs are to be compared, is not counted"
    expected = f"one of {', '.join(f'`{each}`' for each in counted)}"
    return Problem(Code.BAD_RECIPE, (SECTION, key, "monitor"), message=message, expected=expected, help=help)


def _nearest_first(monitor: str, figures: list[str], asked: tuple[Metric, ...]) -> list[str]:
    """Figures, those first that a misspelt one or the name of their metric may have meant, what is asked for first."""
    output, dot, own = monitor.rpartition(".")
    kind, near = Metric.members.get(own), near_miss(monitor, figures)
    named = [f"{output}{dot}{each.figure}" for each in asked if each.key == own]
    of_metric = [each for each in figures if kind and issubclass(kind, Metric) and kind.names(each.rpartition(".")[2])]
    return list(dict.fromkeys([*named, *of_metric, *([near] if near else []), *figures]))


def _tasks(recipe: Recipe) -> dict[str, set[str]]:
    """The keys of the tasks that may be those of each output."""
    found = recipe.for_outputs().items()
    return {name: {each.key for each in ([task] if task else tasks_of(loss))} for name, (loss, task) in found}


def _check_tasks(recipe: Recipe, report: Report) -> None:
    """Note tasks that cannot learn by their loss, and what does not go with several losses."""
    for name, (loss, task) in recipe.for_outputs().items():
        if task and not task.learns(type(loss)):
            kinds = [kind for kind in Loss.members.values() if issubclass(kind, Loss) and task.learns(kind)]
            able = ", ".join(f"`{kind.key}`" for kind in kinds)
            place = (SECTION, "loss", name) if name else (SECTION, "loss")
            report.add(Code.BAD_RECIPE, f"{task.key} cannot learn by {loss.key}", place, expected=f"one of {able}")
    if recipe.only_loss is not None:
        return
    reasons = {
        "task": "each output has a task of its own: write it beside the output's loss",
        "side_loss": "each output has a loss of its own, whose `loss_weight` is its weight in the sum",
        "test_time": "it takes the mean of one output, and each of several has a loss",
    }
    for key, reason in reasons.items():
        if getattr(recipe, key) is not None:
            report.add(Code.BAD_RECIPE, f"`{key}` does not go with several losses", (SECTION, key), help=reason)


def _check_metrics(recipe: Recipe, report: Report) -> None:
    """Note metrics of tasks that no loss can learn."""
    tasks = sorted(set().union(*_tasks(recipe).values()))
    for index, metric in enumerate(recipe.metrics):
        if not set(tasks) & set(metric.tasks):
            names = ", ".join(f"`{key}`" for key in metrics_of(tasks))
            message = f"{metric.key} does not judge {' or '.join(tasks)}"
            report.add(Code.BAD_RECIPE, message, (SECTION, "metrics", index), expected=f"one of {names}")

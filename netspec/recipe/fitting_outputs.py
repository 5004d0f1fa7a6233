"""The losses of a recipe held against the outputs of a network, and against the targets that data name.

Imports no torch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Unknown
from netspec.frontend.problems import Places, Report
from netspec.frontend.schema import SECTION
from netspec.graph import Graph
from netspec.recipe.losses import Loss, PairLoss
from netspec.recipe.objective import objective_of, refused
from netspec.recipe.output_losses import Losses
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Task, TaskFacts


def check_losses(recipe: Recipe, graph: Graph, places: Places) -> None:
    """Make sure that each output of a network has a loss that can be its own, and a target.

    Raises:
        NetspecError: NS0801, a diagnostic for each that has not.
    """
    report, named = Report(places), recipe.data.named_outputs
    place = (SECTION, "data", recipe.data.outputs_key)
    losses = recipe.loss
    if not isinstance(losses, Losses):
        if len(named) > 1:
            help = f"write one for each: `loss: {{{named[0]}: {losses.key}, {named[1]}: ...}}`"
            message = f"the data have a target for each of {_listed(named)}, and the recipe one loss"
            report.add(Code.BAD_RECIPE, message, (SECTION, "loss"), help=help)
        if isinstance(losses, PairLoss):
            help = f"write `loss: {{NAME: {{{losses.key}: {losses.other}}}}}`, with the first output's name"
            message = f"{losses.key} compares two outputs: it stands at one, and names the other"
            report.add(Code.BAD_RECIPE, message, (SECTION, "loss"), help=help)
        _check_monitors(recipe, (), report)
        report.check()
        return
    outputs = {name: tuple(value.shape) for name, value in graph.outputs.items()}
    if graph.side_outputs or len(outputs) == 1:
        what = "side outputs, which share one loss by `side_loss`" if graph.side_outputs else "one output"
        help = f"write `loss: {next(iter(losses.of.values())).loss.key}`"
        report.add(Code.BAD_RECIPE, f"the network has {what}: it takes no losses by name", (SECTION, "loss"), help=help)
        report.check()
    meant: set[str] = set()  # outputs whose losses are there, under names that are misspelt
    for name in losses.of:
        if name not in outputs:
            fact = replace(report.unknown(name, outputs), certain=False)
            message, expected = f"the network has no output `{name}`", f"one of {', '.join(outputs)}"
            report.add(Code.BAD_RECIPE, message, (SECTION, "loss", name), key=True, expected=expected, fact=fact)
            meant |= {fact.meant} if fact.meant and fact.meant not in losses.of else set()
    read = meant | {other for name, each in losses.of.items() for other in each.loss.reads(name)}
    if absent := [name for name in outputs if name not in read]:
        message = f"{_listed(absent)} of the network {'has' if len(absent) == 1 else 'have'} no loss"
        help = f"write `{absent[0]}: ...` there, or take it out of `outputs`"
        report.add(Code.BAD_RECIPE, message, (SECTION, "loss"), help=help)
    for name in named if len(named) > 1 else ():
        if name not in losses.of and name not in meant:
            fact = replace(report.unknown(name, losses.of.keys() & outputs.keys()), certain=False)
            message = f"the data have a target for `{name}`, which no loss is for"
            report.add(Code.BAD_RECIPE, message, place, expected=f"some of {', '.join(losses.of)}", fact=fact)
    _check_monitors(recipe, losses.of, report)
    inputs = tuple(next(iter(graph.inputs.values())).shape)
    for name, (loss, task) in recipe.for_outputs().items():
        if name in outputs and isinstance(loss, PairLoss):
            _check_pair(name, loss, outputs, report)
        elif name in outputs:
            _check_output(recipe, name, loss, task, inputs, outputs[name], report)
    report.check()


def _check_monitors(recipe: Recipe, outputs: Collection[str], report: Report) -> None:
    """Note figures of outputs that have no loss of their own."""
    for key, monitor in recipe.monitors().items():
        output = monitor.rpartition(".")[0]
        if output and output not in outputs:
            fact = replace(report.unknown(output, outputs), certain=False)
            message = f"there is no figure `{monitor}` to compare epochs by: `{output}` has no loss of its own"
            report.add(Code.BAD_RECIPE, message, (SECTION, key, "monitor"), help=_meant(fact), fact=fact)


def _check_pair(name: str, loss: PairLoss, outputs: Mapping[str, tuple[int, ...]], report: Report) -> None:
    """Note a second output that is none, or that cannot be compared with the first."""
    place = (SECTION, "loss", name)
    if loss.other not in outputs:
        fact = replace(report.unknown(loss.other, outputs), certain=False)
        message = f"{loss.key} compares `{name}` with `{loss.other}`, and the network has no such output"
        report.add(
            Code.BAD_RECIPE, message, place, expected=f"one of {', '.join(outputs)}", help=_meant(fact), fact=fact
        )
    elif loss.other == name:
        report.add(Code.BAD_RECIPE, f"{loss.key} compares `{name}` with itself", place, help="name another output")
    elif outputs[name] != outputs[loss.other]:
        shapes = f"{list(outputs[name])} and {list(outputs[loss.other])}"
        report.add(Code.BAD_RECIPE, f"{loss.key} compares two outputs of one shape", place, found=shapes)


def _meant(fact: Unknown) -> str | None:
    return f"did you mean `{fact.meant}`?" if fact.meant else None


def _check_output(
    recipe: Recipe,
    name: str,
    loss: Loss,
    task: Task | None,
    inputs: tuple[int, ...],
    output: tuple[int, ...],
    report: Report,
) -> None:
    """Note what does not fit one output, as far as data that are not read yet can tell."""
    data, named, place = recipe.data, recipe.data.named_outputs, (SECTION, "loss", name)
    of_classes = loss.takes_classes() and not loss.takes_values()
    if of_classes and (not output or output[0] == 1):
        message = f"{loss.key} tells classes, and `{name}` has one number for each example"
        report.add(Code.BAD_RECIPE, message, place, help="end it with a number for each class, or take another loss")
        return
    if of_classes and len(output) == 1:
        for each in refused(loss, (), output[0]):
            message, found = f"{each.message} in `{name}`", f"{output[0]} outputs"
            report.add(Code.BAD_RECIPE, message, (*place, *each.location[2:]), found=found)
    if len(named) > 1 and name not in named:
        aim = objective_of(recipe, TaskFacts(inputs, output, 0, None), loss, task)
        if aim.misfits():
            message = f"the data have no target for `{name}`, and it does not give again what the network takes"
            help = f"name it under `{data.outputs_key}` at `data`"
            report.add(Code.BAD_RECIPE, message, place, help=help)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

"""The recipe of a detector, held against it before data are read. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.diagnostics import Code
from netspec.frontend.problems import Places, Report
from netspec.frontend.schema import SECTION
from netspec.graph import Detection, Graph
from netspec.recipe.data.objects import Objects
from netspec.recipe.detecting import Detecting, losses_of_kind
from netspec.recipe.losses.boxes import Detector
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Problem, TaskFacts


def is_of_boxes(recipe: Recipe, graph: Graph) -> bool:
    """Whether the network, its loss or its data are of boxes: then all three have to be."""
    return graph.detection is not None or isinstance(recipe.loss, Detector) or isinstance(recipe.data, Objects)


def check_detector(recipe: Recipe, graph: Graph, places: Places) -> None:
    """Make sure that network, loss and data are a detector's, and that nothing is asked for that it cannot do.

    Raises:
        NetspecError: NS0801, a diagnostic for each that does not fit.
    """
    report, data = Report(places), recipe.data
    if graph.detection is None:
        kind = "loss" if isinstance(recipe.loss, Detector) else "data"
        what = "`detector` is the loss of" if kind == "loss" else f"{data.key} has boxes, for"
        message = f"{what} a network with a section `detector`, which `{graph.name}` has not"
        report.add(Code.BAD_RECIPE, message, (SECTION, kind), help="`netspec show shapes_detector` shows one that has")
        report.check()
        return
    if not isinstance(recipe.loss, Detector):
        message = f"`{graph.name}` is a detector, which has losses of its own"
        report.add(Code.BAD_RECIPE, message, (SECTION, "loss"), expected="`loss: detector`")
    if not isinstance(data, Objects):
        message = f"`{graph.name}` is a detector, and {data.key} has no boxes"
        report.add(Code.BAD_RECIPE, message, (SECTION, "data"), expected="data of boxes, such as `data: shapes`")
    for key, reason in _not_for_boxes(recipe):
        report.add(Code.BAD_RECIPE, f"`{key}` does not go with a detector", (SECTION, key), help=reason)
    own = losses_of_kind(graph.detection)
    _check_names(recipe, own, report)
    report.check()


def detector_misfits(recipe: Recipe, graph: Graph) -> list[Problem]:
    """The reasons why a detector cannot tell the classes that its data surely have."""
    classes = recipe.data.known_classes
    if graph.detection is None or classes is None:
        return []
    return detecting(recipe, graph.detection, classes).misfits()


def detecting(recipe: Recipe, detection: Detection, classes: int) -> Detecting:
    """What a detector is trained for by a recipe that `check_detector` let pass.

    Args:
        recipe: The recipe.
        detection: The detector.
        classes: The number of the data's classes, without the background.
    """
    assert isinstance(recipe.loss, Detector)
    facts = TaskFacts((), (detection.classes,), classes, None, data=recipe.data.key)
    return Detecting(recipe.loss, losses_of_kind(detection), classes, facts, detection.kind.untaken)


def _not_for_boxes(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Keys that are for networks of outputs, each with the reason."""
    reasons = {
        "test_time": "it takes the mean of outputs, and boxes have none",
        "side_loss": "its losses are its own: `loss: {detector: {NAME: 2.0}}` weighs them",
        "first_layer": "it needs images of one size, and those of boxes keep their own",
    }
    yield from ((key, reason) for key, reason in reasons.items() if getattr(recipe, key) is not None)
    if recipe.compile:
        yield "compile", "the number of boxes differs from step to step, and each would be compiled anew"


def _check_names(recipe: Recipe, own: tuple[str, ...], report: Report) -> None:
    """Note weights of losses, and figures to compare epochs by, that the detector does not have."""
    if isinstance(recipe.loss, Detector):
        for name in recipe.loss.weights or ():
            if name not in own:
                fact = replace(report.unknown(name.removeprefix("loss_"), own), certain=False)
                place = (SECTION, "loss", recipe.loss.key, name)
                message, expected = f"the detector has no loss `{name}`", f"one of {', '.join(own)}"
                report.add(Code.BAD_RECIPE, message, place, key=True, expected=expected, fact=fact)
    for key, monitor in recipe.monitors().items():
        name, _, figure = monitor.rpartition(".")
        if name and (name not in own or figure != "loss"):
            message = f"there is no figure `{monitor}` to compare epochs by"
            expected = f"one of {', '.join(f'`{each}.loss`' for each in own)}, `loss`, `map`, ..."
            report.add(Code.BAD_RECIPE, message, (SECTION, key, "monitor"), expected=expected)

"""Options of a recipe that the network alone tells to be wrong. Imports no torch."""

from __future__ import annotations

from netspec.diagnostics import Code
from netspec.frontend.problems import Places, Report
from netspec.frontend.schema import SECTION
from netspec.graph import Graph
from netspec.recipe.fitting_detector import check_detector, is_of_boxes
from netspec.recipe.fitting_outputs import check_losses
from netspec.recipe.objective import MAIN
from netspec.recipe.recipe import Recipe


def check_options(recipe: Recipe, graph: Graph, places: Places) -> None:
    """Make sure that outputs and losses fit, and that there is what `first_layer` begins and `test_time` can look at.

    Raises:
        NetspecError: NS0801, a diagnostic for each that does not fit.
    """
    if is_of_boxes(recipe, graph):
        check_detector(recipe, graph, places)
        return
    check_losses(recipe, graph, places)
    report = Report(places)
    if recipe.first_layer and recipe.first_layer.path(graph) is None:
        message = f"`{recipe.first_layer.key}` begins a 2-d convolution that reads the input, and there is none"
        expected = "a `conv` of one group over [channels, height, width]"
        report.add(Code.BAD_RECIPE, message, (SECTION, "first_layer"), expected=expected)
    views, images = recipe.test_time, next(iter(graph.inputs.values())).shape
    output = graph.outputs.get(MAIN) or next(iter(graph.outputs.values()))
    if views and (len(images) != 3 or len(output.shape) != 1):
        message = f"`{views.key}` takes the mean of the answers to an image, and its mirror image must have the same"
        found = f"a network of {list(images)} to {list(output.shape)}"
        expected = "one of [channels, height, width] to a vector"
        report.add(Code.BAD_RECIPE, message, (SECTION, "test_time"), found=found, expected=expected)
    elif views and (problem := views.refuse(images)):
        report.add(Code.BAD_RECIPE, problem, (SECTION, "test_time"))
    report.check()

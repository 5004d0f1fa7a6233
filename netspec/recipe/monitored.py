"""The figures by which epochs are compared, held against those that are counted. Imports no torch."""

from __future__ import annotations

from netspec.frontend.problems import Places, Report
from netspec.recipe.consistency import not_counted
from netspec.recipe.detecting import Detecting
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.recipe import Recipe


def check_monitors(recipe: Recipe, aim: Objective | Objectives | Detecting, held_out: bool, places: Places) -> None:
    """Make sure that the figures by which epochs are compared are counted.

    Args:
        recipe: The recipe.
        aim: What its network is trained for.
        held_out: Whether there are examples for validation: without them fewer figures are counted.
        places: The places of the spec's values.

    Raises:
        NetspecError: NS0801: one is not.
    """
    own = aim.judged()
    counted = own if held_out else aim.watched()
    report = Report(places)
    monitors = recipe.monitors().items()
    report.extend(not_counted(key, figure, own, counted) for key, figure in monitors if figure not in counted)
    report.check()

"""What no trial of a search could mend, told before the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from netspec import api
from netspec.analysis.budget import COSTS, over_budget
from netspec.diagnostics import Code, NetspecError, unknown
from netspec.driver.recipes import OPTIONS, recipe_of
from netspec.driver.spec import Spec
from netspec.frontend.schema import SECTION
from netspec.recipe.consistency import figures_of, measured_by, names_figure
from netspec.recipe.metrics import Metric
from netspec.recipe.reading import known_as
from netspec.recipe.recipe import Recipe
from netspec.report.numbers import yaml_text
from netspec.search.measured import holds_out, not_measured
from netspec.search.space import Axis, changes, of_axis, settings_of
from netspec.search.trial import Goal
from netspec.training.beforehand import check_recipe

_APART = (["optimizer"], ["schedule"], ["epochs"], ["steps"], ["seed"])
"""Keys of a recipe that have no part in how network, loss and data fit each other."""


def check(spec: Spec, recipe: Recipe, axes: Sequence[Axis], goals: Sequence[Goal], budget: Mapping[str, str]) -> None:
    """Refuse what no trial could mend: an axis that names nothing, figures that there are not, a limit that is none.

    Raises:
        NetspecError: One of them.
    """
    names = [axis.name for axis in axes]
    if not names or len(set(names)) < len(names):
        raise NetspecError.of(Code.BAD_SETTING, "a search needs axes, each with a name of its own: --over NAME=8..64")
    for axis in axes:
        if twice := _doubled(axis.values):
            raise NetspecError.of(
                Code.BAD_SETTING, f"`--over {axis.name}` has the value {twice} twice", expected="each value once"
            )
        samples = axis.samples()
        errors = [error for value in samples if (error := _error_at(spec, {axis.name: value}))]
        strange = [error for error in errors if _is_of(error, axis)]
        if strange or len(errors) == len(samples):
            raise NetspecError([of_axis(each) for each in (strange or errors)[0].diagnostics])
    figures = [goal.figure for goal in goals]
    if twice := next((each for each in figures if figures.count(each) > 1), None):
        raise NetspecError.of(Code.BAD_SETTING, f"`{twice}` is searched for twice", expected="each figure once")
    broken = over_budget(api.analyze(spec), budget, lambda path: None)
    if wrong := [each for each in broken if each.code is not Code.BUDGET_EXCEEDED]:
        raise NetspecError(wrong)
    for goal in goals:
        if not (goal.is_cost or names_figure(recipe, goal.figure)):
            known = [*(_measured(spec, recipe, axes) or figures_of(recipe)), *COSTS]
            plain = goal.figure.removeprefix("test_").removeprefix("validation_")
            fact = unknown(goal.figure, known, listed=known, sought=known_as(plain, Metric))
            raise NetspecError.of(Code.BAD_SETTING, f"there is no figure `{goal.figure}` to search for", fact=fact)
    trains = not all(goal.is_cost for goal in goals)
    if trains and not any(map(holds_out, _recipes_of_data(spec, recipe, axes))):
        raise NetspecError.of(
            Code.BAD_RECIPE,
            "the recipe holds nothing out for validation, and a search by the test images would fit them",
            help=f"--set train.data.validation=0.1 holds out a tenth of the training part of {recipe.data.key}",
        )
    if trains and not changes((axis.name for axis in axes), "data"):
        recipe.data.look()
    if trains and all(map(_leaves_fit, axes)):
        check_recipe(spec, recipe, spec.document.places, anew=True)
    measured = _measured(spec, recipe, axes)
    for goal in goals:
        if not goal.is_cost and measured and goal.figure not in measured:
            raise not_measured(goal.figure, measured)


def check_given(recipe: Recipe, axes: Sequence[Axis], seeds: int, values: Mapping[str, Any]) -> None:
    """Refuse axes that the search's own arguments would stand in place of.

    Args:
        recipe: The recipe.
        axes: The axes.
        seeds: The runs of each trial.
        values: What stands in place of the recipe's values.

    Raises:
        NetspecError: NS0704: an axis has such an argument beside it.
    """
    names = {axis.name for axis in axes}
    if seeds > 1 and f"{SECTION}.seed" in names:
        raise NetspecError.of(
            Code.BAD_SETTING,
            f"the seed is an axis, and each trial has {seeds:,} seeds: the same runs would count for several trials",
            help=f"leave `--over {SECTION}.seed` out: the runs of a trial have the seeds from the recipe's on",
        )
    places = {"folder": ("data", recipe.data.key), "batch_size": ("data", "batch_size")}
    for name, option in OPTIONS.items():
        axis = ".".join((SECTION, *places.get(name, (name,))))
        if values.get(name) is not None and axis in names:
            message = f"`{option}` stands in place of the values of `--over {axis}`"
            raise NetspecError.of(Code.BAD_SETTING, message, help="leave one of them out")


def _recipes_of_data(spec: Spec, recipe: Recipe, axes: Sequence[Axis]) -> list[Recipe]:
    """A recipe for each of the data that trials may have, as far as single axes tell."""
    found = [] if any(axis.name == f"{SECTION}.data.validation" for axis in axes) else [recipe]
    points = [{axis.name: value} for axis in axes if changes([axis.name], "data") for value in axis.samples()]
    return found + [recipe_of(spec.changed(settings_of(spec, each))) for each in points if not _error_at(spec, each)]


def _measured(spec: Spec, recipe: Recipe, axes: Sequence[Axis]) -> list[str]:
    """The figures that the validation of some trial may have; none where it cannot be told before."""
    changing = [axis for axis in axes if axis.name.split(".")[0] == SECTION and not _leaves_fit(axis)]
    if not changing:
        return measured_by(recipe)
    if len(changing) > 1 or not changing[0].values:
        return []
    points = [{changing[0].name: value} for value in changing[0].values]
    recipes = [recipe_of(spec.changed(settings_of(spec, point))) for point in points if not _error_at(spec, point)]
    return list(dict.fromkeys(figure for each in recipes for figure in measured_by(each)))


def _leaves_fit(axis: Axis) -> bool:
    """Whether an axis surely changes nothing by which network, loss and data fit each other."""
    section, *keys = axis.name.split(".")
    return section == SECTION and keys[:1] in _APART


def _doubled(values: Sequence[Any]) -> str | None:
    """A value that is listed twice."""
    texts = [yaml_text(value) for value in values]
    return next((text for text, times in Counter(texts).items() if times > 1), None)


def _is_of(error: NetspecError, axis: Axis) -> bool:
    """Whether it says that a value of an axis has the wrong type, which no value of another axis mends."""
    place = f"--set {axis.name}"
    return any(each.code is Code.WRONG_TYPE and each.span and each.span.file == place for each in error.diagnostics)


def _error_at(spec: Spec, point: Mapping[str, Any]) -> NetspecError | None:
    try:
        recipe_of(spec.changed(settings_of(spec, point)))
    except NetspecError as error:
        return error
    return None

"""What of a recipe the training script's templates can do; the rest is refused, never left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.backends.templates import exists
from netspec.recipe.findings import Findings, Path, Spans
from netspec.recipe.objective import Objective
from netspec.recipe.parts import Part
from netspec.recipe.recipe import Recipe

_KEYS = ("data", "loss", "task", "optimizer", "schedule", "epochs", "seed", "side_loss")
"""The recipe's keys that the templates know."""

_PARTS = ("data", "loss", "optimizer", "schedule")
"""Those whose parts have templates of their own, ``recipe/loss/mse.py.j2``."""

_TASK = "classification"


def check_covered(recipe: Recipe, span: Spans) -> None:
    """Make sure that the templates have all keys and parts of a recipe.

    Raises:
        NetspecError: NS0801 naming each that they have not.
    """
    findings = Findings(span)
    for key, field in Recipe.model_fields.items():
        if key not in _KEYS and getattr(recipe, key) != field.get_default(call_default_factory=True):
            _refuse(findings, key, (key,))
    for key in _PARTS:
        part: Part = getattr(recipe, key)
        if not exists(f"recipe/{key}/{part.key}.py.j2"):
            _refuse(findings, part.key, (key,))
    findings.check()


def check_task(objective: Objective, span: Spans) -> None:
    """Make sure that the templates have the task of a recipe, which may not be written in it.

    Raises:
        NetspecError: NS0801: they have not.
    """
    findings = Findings(span)
    if objective.task.key != _TASK:
        _refuse(findings, objective.task.key, ("task",))
    findings.check()


def used_options(recipe: Recipe, text: str, names: Iterable[str], span: Spans) -> set[str]:
    """Which of a script's constants have a say in it.

    Args:
        recipe: Whose options they are.
        text: The script with a constant for each.
        names: The constants, in small letters.
        span: The place of a value of the recipe.

    Raises:
        NetspecError: NS0801 naming each option that has none and is not at its default.
    """
    findings = Findings(span)
    idle = {name for name in names if len(re.findall(rf"\b{name.upper()}\b", text)) == 1}
    for key in _PARTS:
        part: Part = getattr(recipe, key)
        for name, field in type(part).model_fields.items():
            if name in idle and getattr(part, name) != field.get_default(call_default_factory=True):
                _refuse(findings, name, (key, name))
    findings.check()
    return set(names) - idle


def _refuse(findings: Findings, what: str, path: Path) -> None:
    help = "leave it out, or train with `netspec train`"
    findings.add(f"the training script cannot do `{what}` yet", path, help=help)

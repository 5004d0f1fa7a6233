"""The figures that a validation has, and the error of a search for others. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.analysis.budget import COSTS
from netspec.diagnostics import Code, NetspecError, unknown
from netspec.recipe.recipe import Recipe

ADVICE = "what a recipe measures is named by its `metrics`: --set 'train.metrics=[accuracy, f1]', say"


class Unmeasured(NetspecError):
    """A goal is not among the figures of a validation, or there is none."""


def holds_out(recipe: Recipe) -> bool:
    """Whether a recipe's data may have a part for validation."""
    return bool(recipe.data.validation or recipe.data.brings_parts)


def no_validation() -> NetspecError:
    """The error of data without a part that the figures of a search could be those of: NS0801."""
    expected = "`validation: 0.1` at `data`, say"
    return Unmeasured.of(Code.BAD_RECIPE, "the data have no part for validation", expected=expected)


def not_measured(figure: str, figures: Iterable[str]) -> NetspecError:
    """The error of a goal that is not among the figures of a validation: NS0801."""
    known = [*figures, *COSTS]
    message, fact = f"the validation has no figure `{figure}`", unknown(figure, known, listed=known)
    return Unmeasured.of(Code.BAD_RECIPE, message, fact=fact, help=ADVICE)

"""What no training script can follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.companions.own_parts import uncarried
from netspec.diagnostics import Code
from netspec.frontend.problems import Places, Report
from netspec.frontend.schema import SECTION
from netspec.recipe.data.text import Texts
from netspec.recipe.output_losses import Losses

if TYPE_CHECKING:
    from netspec.recipe.recipe import Recipe

REFUSED = ("fresh",)
"""Keys of a recipe that no script can follow yet."""

REFUSED_OF_DATA = ("vocabulary",)
"""The like of its `data`."""


def check_carried(recipe: Recipe, places: Places) -> None:
    """Make sure that a script can follow a recipe.

    Raises:
        NetspecError: NS0801 naming each key that it cannot follow.
    """
    report = Report(places)

    def refuse(what: str, key: str) -> None:
        message, help = f"the training script cannot do `{what}`", "leave it out, or train with `netspec train`"
        report.add(Code.BAD_RECIPE, message, (SECTION, key), help=help)

    for key in REFUSED:
        if getattr(recipe, key):
            refuse(key, key)
    if recipe.data.reader() is None:
        refuse(recipe.data.key, "data")
    for key in REFUSED_OF_DATA:
        if getattr(recipe.data, key, None):
            refuse(key, "data")
    if isinstance(recipe.data, Texts) and isinstance(recipe.loss, Losses):
        refuse(f"several losses of {recipe.data.key}", "loss")
    for key, what in uncarried(recipe):
        refuse(what, key)
    report.check()

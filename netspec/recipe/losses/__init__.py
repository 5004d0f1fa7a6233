"""Losses; options bear torch's names where it has them. A new one is a class in a file here and nothing else.

Imports no torch; a loss's `of_classes` and `of_values` do.
"""

import importlib
import pkgutil

from netspec.recipe.losses.base import Criterion, Loss

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["Criterion", "Loss"]

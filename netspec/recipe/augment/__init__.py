"""Augmentations. A new one is a class in a file here and nothing else: every module of this package is imported.

Imports no torch; an augmentation's `apply` does.
"""

import importlib
import pkgutil

from netspec.recipe.augment.base import Augmentation, Scene

for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["Augmentation", "Scene"]

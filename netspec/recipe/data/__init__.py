"""Data sets. A new one is a file here and nothing else: every module of this package is imported.

Imports no torch; a data set's `load` does.
"""

import importlib
import pkgutil

from netspec.recipe.data.base import DataSet

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["DataSet"]

"""Metrics. A new one is a class in a file here and nothing else: every module of this package is imported.

Imports no torch; a metric's `make` does.
"""

import importlib
import pkgutil

from netspec.recipe.metrics.base import Metric, metrics_of

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["Metric", "metrics_of"]

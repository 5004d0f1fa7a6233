"""Metrics. A new one is a class in a file here and nothing else.

Imports no torch; a metric's `make` does.
"""

from netspec.recipe.metrics.base import Metric, metrics_of

__all__ = ["Metric", "metrics_of"]

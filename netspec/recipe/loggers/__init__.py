"""Loggers: where a run's figures go beside its own folder. A new one is a class in a file here and nothing else.

Imports no torch, and a logger's library when a run begins, no earlier.
"""

from netspec.recipe.loggers.base import Log, Logged, Logger

__all__ = ["Log", "Logged", "Logger"]

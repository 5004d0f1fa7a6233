"""Tasks. A new one is a file here and nothing else: every module of this package is imported. Imports no torch."""

import importlib
import pkgutil

from netspec.recipe.tasks.base import Meter, Problem, Task, TaskFacts, axes, task_for, tasks_of

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["Meter", "Problem", "Task", "TaskFacts", "axes", "task_for", "tasks_of"]

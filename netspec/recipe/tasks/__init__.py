"""Tasks. A new one is a file here and nothing else. Imports no torch."""

from netspec.recipe.tasks.base import Problem, Range, Task, TaskFacts, axes, task_for, tasks_of

__all__ = ["Problem", "Range", "Task", "TaskFacts", "axes", "task_for", "tasks_of"]

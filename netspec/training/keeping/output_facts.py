"""What a run's metrics tell of several outputs, each with a task of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.recipe.tasks.multi_label import MultiLabel
from netspec.recipe.tasks.values import Regression

if TYPE_CHECKING:
    from netspec.training.feeding.sample_set import Samples
    from netspec.training.network import Aim


def output_facts(aim: Aim, samples: Samples) -> dict[str, Any]:
    """Task, classes and labels of each output, under `outputs`; nothing where there is one task.

    Where a loss is weighed by the training images of each class, they are told too.
    """
    if not isinstance(aim, Objectives):
        return {}
    return {
        "outputs": {
            name: {
                "task": each.task.key,
                "classes": list(classes_of(name, aim, samples)),
                **({"labels": list(labels)} if (labels := labels_of(name, aim, samples)) else {}),
                **({"class_counts": list(each.facts.counts or ())} if each.balanced else {}),
                **standard_facts(each),
            }
            for name, each in aim.of.items()
        }
    }


def standard_facts(aim: Aim) -> dict[str, Any]:
    """Mean and deviation of the values of an output whose loss is of standardised ones, under `standard`."""
    if not isinstance(aim, Objective) or aim.facts.standard is None:
        return {}
    mean, deviation = aim.facts.standard
    return {"standard": {"mean": list(mean), "deviation": list(deviation)}}


def classes_of(name: str, aim: Objectives, samples: Samples) -> tuple[str, ...]:
    """The names of the classes that an output tells; none of other tasks."""
    if aim.of[name].task.key not in (Classification.key, Segmentation.key):
        return ()
    return next((field.classes for field in aim.packed if field.name == name), samples.classes)


def labels_of(name: str, aim: Objectives, samples: Samples) -> tuple[str, ...]:
    """The names of the labels or values that an output tells; none of other tasks, or where they have none."""
    if aim.of[name].task.key not in (MultiLabel.key, Regression.key):
        return ()
    return next((field.columns for field in aim.packed if field.name == name), samples.labels)

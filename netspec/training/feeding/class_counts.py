"""The examples of each class that are learned from: images, or pixels of masks."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.functional.balance import class_counts
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.tasks.classification import Segmentation
from netspec.training.feeding.batches import InMemory, in_order
from netspec.training.feeding.sample_set import Samples
from netspec.training.network import Aim

_READ = 64
"""The images that are read at once."""

_NAMED = 5


def image_counts(samples: Samples) -> tuple[int, ...] | None:
    """The training images of each class; None where images have none."""
    labels = samples.train.labels
    if labels is None or samples.target_shape != ():
        return None
    return tuple(class_counts(labels, len(samples.classes), None))


def pixel_counts(samples: Samples) -> tuple[int, ...] | None:
    """The pixels of each class in the masks to train on, as the network sees them; None where targets are no masks.

    Masks that are no longer held than needed are read once.

    Raises:
        NetspecError: NS0803: an image or a mask cannot be read.
    """
    if not samples.classes or samples.target_shape is None or len(samples.target_shape) != 2:
        return None
    train, total, blank = samples.train, len(samples.classes), samples.scene.ignored
    if train.targets is not None:
        return tuple(class_counts(train.targets, total, None, blank))
    batches = train.batches(in_order(train, _READ))
    each = (class_counts(batch.targets, total, None, blank) for batch in batches)
    return tuple(map(sum, zip(*each, strict=True)))


def balance_notes(samples: Samples, aim: Aim) -> Iterator[str]:
    """Remarks on masks that were read to be counted, and on classes that have no pixel there."""
    of = {"": aim} if isinstance(aim, Objective) else aim.of if isinstance(aim, Objectives) else {}
    counted = {name: each for name, each in of.items() if each.balanced and each.task.key == Segmentation.key}
    if counted and not isinstance(samples.train, InMemory):
        yield f"all {len(samples.train):,} images to train on were read once, to count the pixels of each class"
    for name, each in counted.items():
        pairs = zip(samples.classes, each.facts.counts or (), strict=False)
        absent = [label for index, (label, count) in enumerate(pairs) if not count and index != each.loss.ignored]
        if absent:
            listed = ", ".join(absent[:_NAMED]) + (f" and {len(absent) - _NAMED:,} more" if absent[_NAMED:] else "")
            where = f" of `{name}`" if name else ""
            yield f"no mask to train on has a pixel of {listed}: `weight: balanced`{where} gives the weight 0"

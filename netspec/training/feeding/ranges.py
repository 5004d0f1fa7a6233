"""The least and the largest number of what a network takes, and of what it is compared with."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from netspec.functional.packing import targets_by_output
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Range
from netspec.training.feeding.batches import DataSplit, InMemory
from netspec.training.feeding.inputs import Ready
from netspec.training.feeding.sample_set import Samples


def input_range(samples: Samples, recipe: Recipe) -> Range | None:
    """The least and the largest number of a network's inputs, in all parts of the data; None of texts and boxes.

    Of images that are read from their files, or changed at random, it is what any pixel may become.
    """
    if samples.tokens is not None or samples.objects:
        return None
    data, inputs = recipe.data, samples.inputs
    channels = len(inputs.shift)
    found: list[Tensor] = []
    for part in _parts(samples):
        if isinstance(part, InMemory) and len(part):
            images = part.images
            others = [0, *range(2, images.ndim)]
            ends = torch.stack([images.amin(others), images.amax(others)]).float()
            found.append(ends if isinstance(inputs, Ready) else _normal(samples, ends))
        elif not isinstance(part, InMemory):
            found.append(_normal(samples, torch.tensor([[0.0], [samples.scene.brightest]]).repeat(1, channels)))
    if recipe.augment and len(samples.shape) == 3:
        found.append(_normal(samples, torch.tensor([[0.0], [samples.scene.brightest]]).repeat(1, channels)))
    if data.pad != (0, 0) and not isinstance(inputs, Ready):
        found.append(_normal(samples, torch.zeros(1, channels)))
    return _ends(found)


def target_ranges(samples: Samples) -> dict[str, Range]:
    """The least and the largest value of the targets by the output that they are for, that of the only one unnamed.

    Outputs whose targets are classes are missing.
    """
    found: dict[str, list[Tensor]] = {}
    for part in _parts(samples):
        if part.targets is None or not len(part):
            continue
        told = targets_by_output(part.targets, samples.outputs) if samples.outputs else {"": part.targets}
        for name, values in told.items():
            if values.is_floating_point():
                found.setdefault(name, []).append(values)
    return {name: ends for name, values in found.items() if (ends := _ends(values))}


def _parts(samples: Samples) -> Iterable[DataSplit]:
    return filter(None, (samples.train, samples.validation, samples.test))


def _normal(samples: Samples, numbers: Tensor) -> Tensor:
    """Rows of a number for each channel, or of packed examples, as the network takes them."""
    axes = (1,) * (len(samples.shape) - 1) if not samples.fields else ()
    return samples.inputs.normalise(numbers.reshape(*numbers.shape, *axes))


def _ends(found: Iterable[Tensor]) -> Range | None:
    pairs = [(float(each.min()), float(each.max())) for each in found]
    return (min(low for low, _ in pairs), max(high for _, high in pairs)) if pairs else None

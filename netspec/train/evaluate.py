"""How well a network answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netspec.interop.loading import load
from netspec.interop.weight_files import read_weights
from netspec.train.device import Device, arrange, describe, fitting_threads, make_fabric
from netspec.train.findings import Spans, nowhere
from netspec.train.losses import Loss
from netspec.train.network import Network, check_fit
from netspec.train.outputs import main_output
from netspec.train.recipe import Recipe
from netspec.train.samples import Images, prepare

_BATCH = 512
"""Large enough to keep a device busy, small enough that activations of a LeNet stay in the CPU's caches."""


@dataclass(frozen=True, slots=True)
class Score:
    """Mean loss, and share of right answers (a fraction), over so many images."""

    loss: float
    accuracy: float
    images: int


def score(module: nn.Module, loss: Loss, data: Images) -> Score:
    """Judge a network in evaluation mode; it is left in the mode it was in."""
    device, criterion = data.labels.device, loss.of_classes()
    total = torch.zeros((), dtype=torch.float64, device=device)
    hits = torch.zeros((), dtype=torch.int64, device=device)
    before = module.training
    module.eval()
    try:
        with torch.inference_mode():
            for start in range(0, len(data), _BATCH):
                images, labels = data.images[start : start + _BATCH], data.labels[start : start + _BATCH]
                answers = main_output(module(images))
                total += criterion(answers, labels).double() * labels.numel()
                hits += (loss.predict(answers) == labels).sum()
    finally:
        module.train(before)
    return Score(total.item() / len(data), hits.item() / len(data), len(data))


def evaluate(
    network: Network, recipe: Recipe, weights: str | Path, device: Device = "auto", span: Spans = nowhere
) -> dict[str, Any]:
    """Judge saved weights by the test images.

    Args:
        network: What the weights belong to.
        recipe: Names the data set and the loss.
        weights: A file as a run leaves it, or whatever else weights are read from.
        device: Where to compute.
        span: The place of a value of the recipe, for the diagnostics.

    Returns:
        `test_loss`, `test_accuracy` (a fraction), `test_images`, `name`, `data`, `weights`, `device`.

    Raises:
        NetspecError: NS08xx for the data, NS0604 and NS0902 for the weights.
    """
    fabric = make_fabric(device)
    raw = recipe.data.load()
    check_fit(network, raw, recipe, span)
    module = network.build()
    load(module, read_weights(weights), network.weights)
    module = fabric.setup_module(arrange(module, network.input_shape, fabric.device))
    test = prepare(raw, recipe.data, fabric.device).test
    with fitting_threads(network.macs_per_step(recipe)):
        result = score(module, recipe.loss, test)
        return {
            "name": network.name,
            "data": recipe.data.key,
            "weights": str(weights),
            "device": describe(fabric.device),
            "test_images": result.images,
            "test_loss": result.loss,
            "test_accuracy": result.accuracy,
        }

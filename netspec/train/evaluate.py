"""How well a network answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netspec.diagnostics import Code, NetspecError
from netspec.interop.loading import load
from netspec.interop.weight_files import read_weights
from netspec.train.device import Device, arrange, describe, fitting_threads, make_fabric
from netspec.train.findings import Spans, nowhere
from netspec.train.inputs import Inputs
from netspec.train.losses import Loss
from netspec.train.network import Network, check_fit
from netspec.train.outputs import main_output
from netspec.train.recipe import Recipe
from netspec.train.samples import Split, in_order, prepare

_BATCH = 512
"""Large enough to keep a device busy, small enough that activations of a LeNet stay in the CPU's caches."""


@dataclass(frozen=True, slots=True)
class Score:
    """Mean loss, and share of right answers (a fraction), over so many images."""

    loss: float
    accuracy: float
    images: int


def score(module: nn.Module, loss: Loss, data: Split, inputs: Inputs) -> Score:
    """Judge a network in evaluation mode; it is left in the mode it was in."""
    criterion = loss.of_classes()
    total, hits = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.int64)
    before = module.training
    module.eval()
    try:
        with torch.inference_mode():
            for batch in data.batches(in_order(data, _BATCH)):
                answers = main_output(module(inputs(batch.images)))
                total = total.to(answers.device) + criterion(answers, batch.targets).double() * len(batch.rows)
                hits = hits.to(answers.device) + (loss.predict(answers) == batch.targets).sum()
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
    samples = prepare(recipe.data, fabric.device)
    check_fit(network, samples, recipe, span)
    if samples.test is None:
        raise NetspecError.of(
            Code.DATA_MISMATCH, f"{recipe.data.key} has no test images to judge by", span=span(("data",))
        )
    module = network.build()
    load(module, read_weights(weights), network.weights)
    module = fabric.setup_module(arrange(module, network.input_shape, fabric.device))
    with fitting_threads(network.macs_per_step(recipe)):
        result = score(module, recipe.loss, samples.test, samples.inputs)
        return {
            "name": network.name,
            "data": recipe.data.key,
            "weights": str(weights),
            "device": describe(fabric.device),
            "test_images": result.images,
            "test_loss": result.loss,
            "test_accuracy": result.accuracy,
        }

"""A detector held against the boxes of images: its losses, and how well it finds their objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from netspec.functional.detection import found_and_lost
from netspec.functional.of_boxes import OfClass
from netspec.recipe.detecting import Detecting
from netspec.recipe.measuring.boxes import BoxMeter
from netspec.training.feeding.batches import DataSplit
from netspec.training.feeding.inputs import Inputs
from netspec.training.parallel.world import Share


def judge(
    module: nn.Module,
    aim: Detecting,
    data: DataSplit,
    inputs: Inputs,
    device: torch.device,
    rows: Sequence[Tensor],
    share: Share,
) -> BoxMeter:
    """Count the losses of a detector in evaluation mode, and the boxes that it finds.

    Boxes that losses draw at random are the same at each call.

    Args:
        module: On the device, in evaluation mode.
        aim: What it is trained for.
        data: The data to judge it by.
        inputs: Makes images inputs of the network.
        device: The device of the batches.
        rows: The rows of each batch, of all processes together.
        share: This process's share of them.
    """
    criterion, meter = aim.criterion(), aim.meter(device)
    own = data.batches([each[share.of(len(each))] for each in rows])
    devices = [device] if device.type == "cuda" else []
    # Not the mode of inference: torchvision keeps anchors from one call to the next, and training needs them.
    with torch.no_grad(), torch.random.fork_rng(devices):
        torch.manual_seed(0)
        for each, batch in zip(rows, own, strict=True):
            images: Any = inputs(batch.images)
            targets: Any = batch.targets
            found, losses = found_and_lost(module, criterion, images, targets)
            if share.count(len(each)):  # otherwise the image is borrowed: another process counts it
                meter.update(found, targets, losses)
    return meter


def in_detail(found: Sequence[OfClass], classes: Sequence[str]) -> dict[str, Any]:
    """The figures of each class, and its precision over recall, as data; None for what cannot be told."""
    return {
        "classes": [
            {"name": name, "objects": each.objects, **{key: _told(value) for key, value in each.figures.items()}}
            for name, each in zip(classes, found, strict=True)
        ],
        "precision_at_recall": {
            name: list(each.precision) for name, each in zip(classes, found, strict=True) if each.precision
        },
    }


def _told(value: float) -> float | None:
    return value if math.isfinite(value) else None

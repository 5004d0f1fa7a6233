"""Zoo networks of every make, small enough to be explained many times, with random weights and after a few steps."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

from netspec import api

SMALL: dict[str, dict[str, Any]] = {
    "lenet": {},
    "lenet_digits": {},
    "keras_cnn": {"classes": 10, "input": [3, 30, 30]},
    "resnet18": {"depths": [1, 1, 1, 1], "classes": 10, "input": [3, 34, 34]},
    "mobilenet_v2": {"width": 0.25, "classes": 10, "input": [3, 34, 34]},
    "mobilenet_v3_small": {"last": 64, "classes": 10, "input": [3, 34, 34]},
    "convnext_tiny": {
        "depths": [1, 1, 1, 1],
        "widths": [8, 16, 24, 32],
        "scale": 1.0,
        "classes": 10,
        "input": [3, 64, 64],
    },
}


def small(name: str) -> api.Spec:
    return api.load(name, **SMALL[name])


def digits(spec: api.Spec, images: int) -> tuple[Tensor, Tensor]:
    """Digits as the network takes them, and their classes."""
    found = load_digits()
    pixels = torch.from_numpy(found.images[:images]).float()[:, None] / 16
    channels, height, width = spec.graph.inputs["input"].shape
    sized = F.interpolate(pixels, (height, width), mode="bilinear").expand(-1, channels, -1, -1)
    return sized.contiguous(), torch.from_numpy(found.target[:images]).long()


def network(spec: api.Spec, trained: bool) -> nn.Module:
    """The network with random weights, or after a few steps; in training mode, as whoever trains it has it."""
    torch.manual_seed(0)
    module = api.compile(spec)
    if trained:
        images, labels = digits(spec, 32)
        optimizer = torch.optim.SGD(module.parameters(), 0.02, momentum=0.9)
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(module(images), labels).backward()
            optimizer.step()
    return module

"""The facts of a run that are known before it begins."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import nn

from netspec.recipe.recipe import Recipe
from netspec.train.network import Network
from netspec.train.steps.device import describe
from netspec.train.steps.loop import Loop
from netspec.version import __version__


def facts_of(network: Network, module: nn.Module, recipe: Recipe, fabric: Fabric, loop: Loop) -> dict[str, Any]:
    """Name, size, device, data, recipe and versions, as ``metrics.json`` holds them."""
    samples = loop.samples
    return {
        "name": network.name,
        "started_from": network.start,
        "parameters": sum(p.numel() for p in module.parameters()),
        "device": describe(fabric.device, fabric.world_size),
        "precision": recipe.precision,
        "seed": recipe.seed,
        "task": loop.objective.task.key,
        "data": {
            "name": recipe.data.key,
            "train": len(samples.train),
            "validation": len(samples.validation) if samples.validation else 0,
            "test": len(samples.test) if samples.test else 0,
            "images": list(samples.shape),
            "classes": list(samples.classes),
            "shift": samples.inputs.shift,
            "scale": samples.inputs.scale,
            "brightest": samples.scene.brightest,
            "notes": list(samples.notes),
        },
        "recipe": recipe.written(),
        "versions": {
            "netspec": __version__,
            "torch": torch.__version__,
            "lightning": version("lightning"),
            "python": platform.python_version(),
        },
    }

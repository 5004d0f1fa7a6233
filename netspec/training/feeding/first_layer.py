"""The first layer of a network, begun by the images that it is to learn from."""

from __future__ import annotations

import torch
from torch import nn

from netspec.functional.inputs import evenly_spread
from netspec.recipe.recipe import Recipe
from netspec.training.feeding.sample_set import Samples
from netspec.training.network import Network

_BATCH = 512
"""Images that are read at once."""


def begin_first_layer(module: nn.Module, network: Network, recipe: Recipe, samples: Samples) -> None:
    """Give the first layer the weights that the recipe wants, if it wants any, before anything has learned.

    A run that goes on does so too, and loads its own weights after it: what is frozen must be so again.
    """
    if recipe.first_layer is None or network.first is None:
        return
    rows = evenly_spread(len(samples.train), recipe.first_layer.images)
    batches = samples.train.batches(list(rows.split(_BATCH)))
    images = torch.cat([samples.inputs(batch.images).cpu() for batch in batches])
    recipe.first_layer.function(network.first)(module, images)

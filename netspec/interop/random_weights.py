"""Random weights under which a difference shows: signals keep their size, and every term has its part."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def fill(network: nn.Module, seed: int) -> None:
    """Draw the network's parameters and running statistics; other buffers are part of what it computes and stay.

    Weights of maps are uniform with a variance of 1 / fan-in. Running variances span four orders of ten, so that a
    normalisation's `eps` counts, and its weight makes up for them. Counters of batches are above zero.
    """
    generator = torch.Generator().manual_seed(seed)

    def uniform(like: Tensor, low: float, high: float) -> Tensor:
        return torch.empty(like.shape, dtype=like.dtype).uniform_(low, high, generator=generator)

    state = network.state_dict(keep_vars=True)
    drawn: dict[str, Tensor] = {}
    for name, tensor in state.items():
        owner, _, kind = name.rpartition(".")
        if kind == "num_batches_tracked":
            drawn[name] = torch.full_like(tensor, 7)
        elif kind == "running_mean":
            drawn[name] = uniform(tensor, -0.5, 0.5)
        elif kind == "running_var":
            drawn[name] = 10 ** uniform(tensor, -4, 0)
            weight = f"{owner}.weight"
            if weight in drawn:
                drawn[weight] = drawn[name].sqrt() * uniform(tensor, 0.5, 1.5)
        elif not isinstance(tensor, nn.Parameter) or not tensor.is_floating_point():
            continue
        elif tensor.dim() > 1:
            scale = (3 / max(tensor[0].numel(), 1)) ** 0.5
            drawn[name] = uniform(tensor, -scale, scale)
        elif kind == "weight":
            drawn[name] = uniform(tensor, 0.5, 1.5)
        else:
            drawn[name] = uniform(tensor, -0.2, 0.2)
    with torch.no_grad():
        for name, tensor in drawn.items():
            state[name].copy_(tensor)

"""Random weights and inputs that expose differences: signals keep their size, every term contributes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netspec.analysis.lengths import longest_sequences
from netspec.diagnostics import NetspecError
from netspec.graph import Graph

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""Buffers that batch normalisation learns; the values of other buffers belong to a network's computation."""


def without_weights(make: Callable[[], nn.Module]) -> nn.Module:
    """A network with weights to be filled: made without storage first, so that they are not drawn twice.

    Where this would lose a part of it, it is made as usual.
    """
    try:
        with torch.device("meta"):
            network = make()
    except NetspecError:
        raise
    except Exception:  # a constructor that needs numbers
        return make()
    if _holds_more(network):
        return make()
    network.to_empty(device="cpu")
    for name, buffer in network.named_buffers():
        buffer.fill_(name.endswith("running_var"))
    return network


def _holds_more(network: nn.Module) -> bool:
    """Whether a network has more than parameters that can be filled one by one, and learned statistics."""
    parameters = [parameter for _, parameter in network.named_parameters(remove_duplicate=False)]
    return (
        any(name.rpartition(".")[2] not in STATISTICS for name, _ in network.named_buffers())
        or any(_holds_tensors(value) for module in network.modules() for value in vars(module).values())
        or any(not parameter.is_meta for parameter in parameters)
        or len(set(map(id, parameters))) < len(parameters)
    )


def _holds_tensors(value: object) -> bool:
    """Whether an attribute is a tensor, or a list of them, as a detector's anchors are."""
    return isinstance(value, Tensor) or (isinstance(value, (list, tuple)) and any(map(_holds_tensors, value)))


def fill(network: nn.Module, seed: int) -> None:
    """Draw the network's parameters and running statistics; other buffers belong to its computation and stay.

    Weights of maps are uniform with a variance of 1 / fan-in. Running variances span four orders of magnitude, so that
    a normalisation's `eps` counts, and its weight makes up for them. Counters of batches are above zero.
    """
    generator = torch.Generator().manual_seed(seed)
    state = network.state_dict(keep_vars=True)
    with torch.no_grad():
        for name, tensor in state.items():
            owner, _, kind = name.rpartition(".")
            if kind == "num_batches_tracked":
                tensor.fill_(7)
            elif kind == "running_mean":
                tensor.uniform_(-0.5, 0.5, generator=generator)
            elif kind == "running_var":
                tensor.uniform_(-4, 0, generator=generator)
                tensor.copy_(10**tensor)
                weight = state.get(f"{owner}.weight")
                if weight is not None:
                    weight.uniform_(0.5, 1.5, generator=generator).mul_(tensor.sqrt())
            elif not isinstance(tensor, nn.Parameter) or not tensor.is_floating_point():
                continue
            elif tensor.dim() > 1:
                scale = (3 / max(tensor[0].numel(), 1)) ** 0.5
                tensor.uniform_(-scale, scale, generator=generator)
            elif kind == "weight":
                tensor.uniform_(0.5, 1.5, generator=generator)
            else:
                tensor.uniform_(-0.2, 0.2, generator=generator)


def random_inputs(graph: Graph, seed: int, batch: int) -> list[Tensor]:
    """A batch for every input: normal numbers, or integers that every layer takes."""
    generator = torch.Generator().manual_seed(seed)
    sizes = [node.layer.index_bound for node in graph.nodes.values() if node.layer.index_bound is not None]
    longest = longest_sequences(graph)
    found = []
    for each in graph.inputs.values():
        shape, dtype = (batch, *each.shape), getattr(torch, each.dtype)
        if dtype.is_floating_point:
            found.append(torch.randn(shape, generator=generator).to(dtype))
        elif each.name in longest:
            found.append(torch.randint(1, longest[each.name] + 1, shape, generator=generator).to(dtype))
        else:
            high = 2 if dtype is torch.bool else min(sizes, default=10)
            found.append(torch.randint(0, high, shape, generator=generator).to(dtype))
    return found

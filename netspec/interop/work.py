"""What a network of torch costs, counted by torch."""

from __future__ import annotations

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from netspec.graph import Graph


def count_macs(network: nn.Module, graph: Graph) -> int:
    """Multiply-accumulates of one example in evaluation mode, as torch counts them on the meta device."""
    network.eval()
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    empty = {name: torch.empty_like(tensor, device="meta") for name, tensor in tensors.items()}
    inputs = tuple(
        torch.empty((1, *each.shape), dtype=getattr(torch, each.dtype), device="meta") for each in graph.inputs.values()
    )
    with FlopCounterMode(display=False) as counter:
        functional_call(network, empty, inputs)
    return int(counter.get_total_flops()) // 2

"""This process among those that train together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

FEW_MACS = 10_000_000
"""Multiply-accumulates of a step under which one thread of the CPU works alone."""


@dataclass(frozen=True)
class Process:
    """This process, its device, and the number of processes."""

    device: torch.device
    rank: int
    world: int


def meet(device: torch.device, rank: int, world: int) -> None:
    """Join the other processes, if any, at the address that the environment names."""
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.set_device(device)
    if world > 1 and not dist.is_initialized():
        own = device if cuda else None
        backend = "nccl" if cuda else "gloo"
        dist.init_process_group(backend, rank=rank, world_size=world, device_id=own)


def label_factors(weights: Tensor, world: int) -> Tensor:
    """The factors of the mean losses of a step's batches [B, ...], by their weights.

    The weights are those of all processes, of which the gradients are averaged.
    """
    total = weights.sum(0)
    if world > 1:
        dist.all_reduce(total)
    # Where nothing weighs anything the loss is 0, whatever its factor.
    return (weights * world / total.where(total > 0, 1.0)).float()

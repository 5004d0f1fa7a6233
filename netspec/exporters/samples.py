"""Inputs to trace a network with, and to compare it by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from netspec.graph import Graph, Input
from netspec.interop.randomness import random_inputs

BATCHES = (1, 5)
"""Batches that are compared: that of one example is the one that traces go wrong with."""

TRACED = 2
"""The batch that is traced: torch takes a size of 1 for a constant."""

STRETCH = 2
"""How many times as long dynamic axes are in the largest batch; a multiple, so that what halves sizes still can."""


def samples(graph: Graph, batch: int, seed: int, stretch: int = 1) -> tuple[Tensor, ...]:
    """A random batch for every input.

    Args:
        graph: The network.
        batch: Examples.
        seed: Of the numbers.
        stretch: Dynamic axes are so many times as long as the spec says.
    """
    inputs = {name: replace(each, shape=tuple(_sizes(each, stretch))) for name, each in graph.inputs.items()}
    return tuple(random_inputs(replace(graph, inputs=inputs), seed, batch))


def _sizes(each: Input, stretch: int) -> Iterator[int]:
    dynamic = dynamic_axes(each)
    return (size * stretch if axis in dynamic else size for axis, size in enumerate(each.shape))


def dynamic_axes(each: Input) -> tuple[int, ...]:
    """The axes whose size may vary, counted from the front, without the batch."""
    return tuple(sorted({axis % len(each.shape) for axis in each.dynamic}))

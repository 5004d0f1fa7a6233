"""Random inputs for tracing and comparing a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from netspec.graph import Graph, Input
from netspec.interop.randomness import random_inputs

BATCHES = (1, 5)
"""The compared batches: traces go wrong for the batch of one example."""

TRACED = 2
"""The traced batch: torch takes a size of 1 for a constant."""

STRETCH = 2
"""The factor of dynamic axes' sizes in the largest batch; a multiple, so that halving still works."""


def samples(graph: Graph, batch: int, seed: int, stretch: int = 1) -> tuple[Tensor, ...]:
    """A random batch for every input.

    Args:
        graph: The network.
        batch: Examples.
        seed: Seed of the numbers.
        stretch: The factor of the dynamic axes' sizes in the spec.
    """
    inputs = {name: replace(each, shape=tuple(_sizes(each, stretch))) for name, each in graph.inputs.items()}
    return tuple(random_inputs(replace(graph, inputs=inputs), seed, batch))


def _sizes(each: Input, stretch: int) -> Iterator[int]:
    dynamic = dynamic_axes(each)
    return (size * stretch if axis in dynamic else size for axis, size in enumerate(each.shape))


def dynamic_axes(each: Input) -> tuple[int, ...]:
    """The axes with any size, counted from the front, without the batch."""
    return tuple(sorted({axis % len(each.shape) for axis in each.dynamic}))

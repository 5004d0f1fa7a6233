"""The subject of an export: a network in evaluation mode with its weights, its spec, and random inputs for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from netspec.diagnostics import NetspecError
from netspec.driver.live import compile, load_weights
from netspec.driver.spec import Spec, elaborate
from netspec.exporters.detections import OUTPUTS, image_of
from netspec.exporters.result import Port
from netspec.graph import Graph, Input
from netspec.interop.randomness import fill, random_inputs
from netspec.objects.immutable import immutable
from netspec.shape import Shape

BATCHES = (1, 5)
"""The compared batches: traces go wrong for the batch of one example."""

TRACED = 2
"""The traced batch: torch takes a size of 1 for a constant."""

STRETCH = 2
"""The factor of dynamic axes' sizes in the largest batch; a multiple, so that halving still works."""


@immutable
class Subject:
    """A network to export.

    Attributes:
        spec: Its spec.
        network: Its module, in evaluation mode, on the CPU.
        seed: Seed of the compared inputs.
        tolerance: The largest permitted relative difference.
        notes: Steps taken to read its weights, a sentence each.
    """

    spec: Spec
    network: nn.Module
    seed: int
    tolerance: float
    notes: tuple[str, ...] = ()

    @property
    def graph(self) -> Graph:
        """The elaborated network."""
        return self.spec.graph

    @property
    def ports(self) -> tuple[Port, ...]:
        """The inputs of its file: a detector's is one image of any size."""
        if self.graph.detection is not None:
            image = image_of(self.graph)
            return (Port(image.name, image.dtype, image.shape, (1, 2), batched=False),)
        return tuple(Port(each.name, each.dtype, each.shape, each.dynamic) for each in self.graph.inputs.values())

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs of its file."""
        return tuple(self.graph.outputs) if self.graph.detection is None else OUTPUTS

    def samples(self, batch: int, seed: int = 0) -> tuple[Tensor, ...]:
        """A random batch for every input; dynamic axes have one size where they are traced, another in the largest.

        It is the spec's own that is traced. Where no longer one works, the traced one is shorter: torch takes an axis
        that is as long as a table for one of that length alone.
        """
        factors = {max(BATCHES): STRETCH} if self._takes(STRETCH) else {TRACED: 1 / STRETCH}
        factor = factors.get(batch, 1)
        factor = factor if self._takes(factor) else 1
        inputs = {name: replace(each, shape=_stretched(each, factor)) for name, each in self.graph.inputs.items()}
        return tuple(random_inputs(replace(self.graph, inputs=inputs), self.seed + seed, batch))

    def _takes(self, factor: float) -> bool:
        """Whether the network takes dynamic axes longer or shorter by a factor."""
        return self.resized(factor) is not None

    def resized(self, factor: float) -> Graph | None:
        """The network with dynamic axes longer or shorter by a factor; None where it does not take them."""
        if factor == 1 or not any(each.dynamic for each in self.graph.inputs.values()):
            return self.graph
        try:
            return elaborate(self.spec, {name: _stretched(each, factor) for name, each in self.graph.inputs.items()})
        except NetspecError:
            return None


def _stretched(each: Input, factor: float) -> Shape:
    dynamic = dynamic_axes(each)
    return tuple(max(int(size * factor), 1) if axis in dynamic else size for axis, size in enumerate(each.shape))


def dynamic_axes(each: Input) -> tuple[int, ...]:
    """The axes with any size, counted from the front, without the batch."""
    return tuple(sorted({axis % len(each.shape) for axis in each.dynamic}))


def subject_of(spec: Spec, weights: str | Path | None, seed: int, tolerance: float) -> Subject:
    """The network of a spec with the weights of a file, a run or a collection; else with random ones.

    Raises:
        NetspecError: The spec is wrong, or the weights do not fit.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = compile(spec, device="cpu").eval()
    subject = Subject(spec, network, seed, tolerance)
    if weights is None:
        if spec.graph.detection is not None:  # those that training begins with make all boxes alike
            fill(network, seed)
        return subject
    return replace(subject, notes=load_weights(network, weights, spec).notes)

"""The memory that a network takes, in training and in inference."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from netspec.analysis.liveness import forward_peak, training_peak
from netspec.analysis.tally import total
from netspec.analysis.tracing import Trace, trace_inference, trace_training
from netspec.autograd import FLOAT32, Precision, Tape
from netspec.graph import Graph

Device = Literal["cpu", "cuda"]

COUNTER_BYTES = 4


@dataclass(frozen=True, slots=True)
class OptimizerState:
    """What an optimizer remembers.

    Attributes:
        name: The optimizer's.
        slots: Numbers for each weight that learns, of the weight's type: 1 for a momentum, 2 for Adam's two means.
        counters: Further numbers for each tensor, in float32: 1 where it counts steps.
        matrices: What it remembers of tensors with two axes, where that is something else.
    """

    name: str = "sgd"
    slots: int = 0
    counters: int = 0
    matrices: OptimizerState | None = None

    def bytes(self, axes: int, size: int) -> int:
        """What it remembers of a tensor with so many axes that takes `size` bytes."""
        if axes == 2 and self.matrices is not None:
            return self.matrices.bytes(axes, size)
        return self.slots * size + self.counters * COUNTER_BYTES


PLAIN_SGD = OptimizerState()


@dataclass(frozen=True)
class Footprint:
    """Bytes that a network takes for a batch; None where a layer does not say what torch does.

    Attributes:
        graph: The network.
        batch: Number of examples.
        precision: Element types.
        optimizer: Of the training step.
        device: Where it runs; kernels differ in what they keep.
        held: What local variables of its program hold on to in inference, as `resolve` gives it; without it nothing
            does but the callers of modules.
    """

    graph: Graph
    batch: int = 1
    precision: Precision = FLOAT32
    optimizer: OptimizerState = PLAIN_SGD
    device: Device = "cpu"
    held: Mapping[tuple[int, int], int] = field(default_factory=dict)

    @cached_property
    def training(self) -> Trace:
        """The forward pass of a training step, and its loss."""
        return trace_training(self.graph, self._tape())

    @cached_property
    def inference(self) -> Trace:
        """A forward pass in evaluation mode."""
        return trace_inference(self.graph, self._tape(), self.held)

    def _tape(self) -> Tape:
        return Tape(batch=self.batch, precision=self.precision, device=self.device)

    @property
    def parameters(self) -> int | None:
        """Of the parameters, side branches included."""
        return self._weights("parameter")

    @property
    def buffers(self) -> int | None:
        """Of the buffers, such as running statistics."""
        return self._weights("buffer")

    @property
    def gradients(self) -> int | None:
        """Of the gradients of the parameters that learn."""
        return self._weights("parameter", learned=True)

    @property
    def optimizer_state(self) -> int | None:
        """Of what the optimizer remembers from step to step."""
        if self.gradients is None:
            return None
        learned = {w.storage: len(w.shape) for w in self.training.weights.values() if w.needs_grad}
        return sum(self.optimizer.bytes(axes, storage.bytes) for storage, axes in learned.items())

    @property
    def input(self) -> int:
        """Of the batch itself."""
        return sum(x.storage.bytes for x in self.training.inputs)

    @property
    def kept(self) -> int | None:
        """Of what autograd keeps for the backward pass, each storage once, without parameters, buffers and inputs."""
        by_node = self.kept_by_node
        return None if by_node is None else sum(by_node.values())

    @property
    def kept_by_node(self) -> Mapping[str, int] | None:
        """The same by the key of the node that keeps a storage first; ``""`` stands for the loss."""
        return None if self.training.unknown else self.training.kept()

    @property
    def training_peak(self) -> int | None:
        """Estimate of the most that is there at once in a training step after the first.

        Parameters, buffers, the optimizer's state and the peak of values and gradients; what kernels need for their own
        work, and what an allocator holds in reserve, is left out.
        """
        trace = self.training
        if trace.unknown:
            return None
        flowing = training_peak(trace.tape.operations, (*trace.inputs, *trace.outputs))
        return total((self.parameters, self.buffers, self.optimizer_state, flowing))

    @property
    def inference_peak(self) -> int | None:
        """The most that is there at once in a forward pass in evaluation mode, parameters and buffers included."""
        trace = self.inference
        if trace.unknown:
            return None
        flowing = forward_peak(trace.tape.operations, (*trace.inputs, *trace.outputs), trace.arguments)
        return total((self.parameters, self.buffers, flowing))

    def _weights(self, kind: str, *, learned: bool = False) -> int | None:
        if not all(node.layer.weights_known for node in self.graph.nodes.values()):
            return None
        chosen = {w.storage for w in self.training.weights.values() if w.needs_grad or not learned}
        return sum(storage.bytes for storage in chosen if storage.kind == kind)


def step_memory(graph: Graph, optimizer: OptimizerState = PLAIN_SGD) -> int | None:
    """The bytes that stand for a whole network's memory, in comparisons and in budgets.

    It is the peak of a training step on one example in float32 on the CPU, as `netspec memory` has it unless told
    otherwise; None where a layer does not say what torch does.
    """
    return Footprint(graph, optimizer=optimizer).training_peak


@dataclass(frozen=True)
class Fit:
    """The largest batches that a limit in bytes allows: 0 where not even one example fits, None where unknown."""

    footprint: Footprint
    limit: int

    @cached_property
    def training(self) -> int | None:
        """In a training step."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).training_peak)

    @cached_property
    def inference(self) -> int | None:
        """In a forward pass in evaluation mode."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).inference_peak)


MOST = 2**40
"""No batch is larger: a network whose memory does not grow with it fits any."""


def largest_batch(limit: int, needed: Callable[[int], int | None]) -> int | None:
    """The largest batch for which `needed` gives at most `limit` bytes: 0 where not even 1 does, None where unknown."""
    first = needed(1)
    if first is None:
        return None
    if first > limit:
        return 0
    fits, fails = 1, 2
    while fails < MOST and _fits(needed, fails, limit):
        fits, fails = fails, 2 * fails
    while fails - fits > 1:
        middle = (fits + fails) // 2
        fits, fails = (middle, fails) if _fits(needed, middle, limit) else (fits, middle)
    return fits


def _fits(needed: Callable[[int], int | None], batch: int, limit: int) -> bool:
    found = needed(batch)
    return found is not None and found <= limit


_BYTES = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([KMGT]?)(i?)B")


def read_bytes(text: str) -> int | None:
    """``80GB`` as bytes, with 1,024 bytes to the KB as in all reports (``80GiB`` is the same); None for other text."""
    match = _SIZE.fullmatch(text.strip())
    return None if match is None else int(float(match[1]) * _BYTES[f"{match[2]}B"])

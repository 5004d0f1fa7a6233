"""Memory of a network, in training and in inference, and the largest batch within a limit of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Literal

from netspec.analysis.liveness import forward_peak, training_peak
from netspec.analysis.optimizer_state import PLAIN_SGD, OptimizerState
from netspec.analysis.tracing import Trace, trace_inference, trace_training, weights_on
from netspec.analysis.unknown_sums import total
from netspec.autograd import DTYPE_BYTES, FLOAT32, Precision, Tape, TapeTensor
from netspec.graph import Graph
from netspec.objects.immutable import immutable
from netspec.program import Constant
from netspec.shape import product

Device = Literal["cpu", "cuda"]


@immutable
class Footprint:
    """Bytes of a network for a batch; None where a layer does not describe torch's operations.

    Of a detector only the tensors of its state_dict are known, and what belongs to them: it scales images of any size
    to a batch of its own, and what it finds in them decides what its heads and losses keep.

    Attributes:
        graph: The network.
        batch: Number of examples.
        precision: Element types.
        optimizer: The optimizer of the training step.
        device: The device, since kernels differ in what they keep.
        held: Values that the program's local variables hold in inference, from `resolve`; without it, only the callers
            of modules hold values.
    """

    graph: Graph
    batch: int = 1
    precision: Precision = FLOAT32
    optimizer: OptimizerState = PLAIN_SGD
    device: Device = "cpu"
    held: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Footprint of {self.graph.name}: batch {self.batch:,}, {self.precision.name}, {self.device}>"

    @cached_property
    def training(self) -> Trace:
        """The forward pass of a training step, and its loss."""
        return trace_training(self.graph, self._tape())

    @cached_property
    def inference(self) -> Trace:
        """A forward pass in evaluation mode."""
        return trace_inference(self.graph, self._tape(), self.held)

    @cached_property
    def weights(self) -> Mapping[str, TapeTensor]:
        """The tensors of the state_dict by key."""
        return weights_on(self._tape(), self.graph)

    def _tape(self) -> Tape:
        return Tape(batch=self.batch, precision=self.precision, device=self.device)

    @property
    def parameters(self) -> int | None:
        """Bytes of the parameters, with side branches."""
        return self._weights("parameter")

    @property
    def buffers(self) -> int | None:
        """Bytes of the buffers, such as running statistics, and of constants that are not saved."""
        own = {
            n.path: n.outputs[0] for n in self.graph.nodes.values() if isinstance(n.call, Constant) and not n.weights
        }
        return total((self._weights("buffer"), sum(product(v.shape) * DTYPE_BYTES[v.dtype] for v in own.values())))

    @property
    def gradients(self) -> int | None:
        """Bytes of the gradients of the parameters that learn."""
        return self._weights("parameter", learned=True)

    @property
    def optimizer_state(self) -> int | None:
        """Bytes of the optimizer's state between steps."""
        if self.gradients is None:
            return None
        learned = {w.storage: len(w.shape) for w in self.weights.values() if w.needs_grad}
        return sum(self.optimizer.bytes(axes, storage.bytes) for storage, axes in learned.items())

    @property
    def unknown(self) -> str | None:
        """The first of what leaves memory unknown, a node's key or `detector`; None where all is known."""
        return "detector" if self.graph.detection is not None else self.training.unknown

    @property
    def input(self) -> int | None:
        """Bytes of the batch itself."""
        return None if self.graph.detection is not None else sum(x.storage.bytes for x in self.training.inputs)

    @property
    def kept(self) -> int | None:
        """Bytes kept by autograd for the backward pass, each storage once, without parameters, buffers and inputs."""
        by_node = self.kept_by_node
        return None if by_node is None else sum(by_node.values())

    @property
    def kept_by_node(self) -> Mapping[str, int] | None:
        """These bytes by the key of the node that keeps a storage first; ``""`` stands for the loss."""
        return None if self.unknown else self.training.kept()

    @property
    def training_peak(self) -> int | None:
        """Estimate of the peak memory of a training step after the first.

        It sums parameters, buffers, the optimizer's state and the peak of values and gradients. The kernels' working
        memory and an allocator's reserve are left out.
        """
        trace = self.training
        if self.unknown:
            return None
        flowing = training_peak(trace.tape.operations, (*trace.inputs, *trace.outputs), trace.tape.casts)
        return total((self.parameters, self.buffers, self.optimizer_state, flowing))

    @property
    def inference_peak(self) -> int | None:
        """The peak memory of a forward pass in evaluation mode, with parameters and buffers."""
        return None if self.graph.detection is not None else self.layers_peak

    @property
    def layers_peak(self) -> int | None:
        """The peak of the layers alone in evaluation mode, for inputs of the spec's shapes: a detector's at least."""
        trace = self.inference
        if trace.unknown:
            return None
        held = (*trace.inputs, *trace.outputs, *trace.tape.casts)
        flowing = forward_peak(trace.tape.operations, held, trace.arguments)
        return total((self.parameters, self.buffers, flowing))

    def _weights(self, kind: str, *, learned: bool = False) -> int | None:
        if not all(node.layer.weights_known for node in self.graph.nodes.values()):
            return None
        chosen = {w.storage for w in self.weights.values() if w.needs_grad or not learned}
        return sum(storage.bytes for storage in chosen if storage.kind == kind)


def step_memory(graph: Graph, optimizer: OptimizerState = PLAIN_SGD) -> int | None:
    """The bytes that represent a whole network's memory, in comparisons and in budgets.

    They are the peak of a training step on one example in float32 on the CPU, the default of `netspec memory`; None
    where a layer does not describe torch's operations.
    """
    return Footprint(graph, optimizer=optimizer).training_peak


@immutable
class Fit:
    """The largest batches within a limit in bytes: 0 where not even one example fits, None where unknown."""

    footprint: Footprint
    limit: int

    @cached_property
    def training(self) -> int | None:
        """The largest batch of a training step."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).training_peak)

    @cached_property
    def inference(self) -> int | None:
        """The largest batch of a forward pass in evaluation mode."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).inference_peak)


MOST = 2**40
"""A bound above any real batch: a network whose memory does not grow with the batch fits any below."""

GUESSES = 12
"""The number of guesses after which the interval is halved."""


def largest_batch(limit: int, needed: Callable[[int], int | None]) -> int | None:
    """The largest batch for which `needed` gives at most `limit` bytes: 0 where not even 1 does, None where unknown.

    Bytes grow nearly in proportion to the batch, so that a line through two batches soon leads to the largest.
    """
    first = needed(1)
    if first is None:
        return None
    if first > limit:
        return 0
    fits, fails, other = (1, first), MOST, (1, first)
    guesses = 0
    while fails - fits[0] > 1:
        guess = _crossing(fits, other, limit) if guesses < GUESSES else (fits[0] + fails) // 2
        guesses += 1
        batch = min(max(guess, fits[0] + 1), fails - 1)
        size = needed(batch)
        if size is not None and size <= limit:
            fits, other = (batch, size), fits
        else:
            fails, other = batch, (batch, limit if size is None else size)
    return fits[0]


def _crossing(one: tuple[int, int], other: tuple[int, int], limit: int) -> int:
    """The batch at which the line through two batches' bytes meets a limit; twice the first where it does not rise."""
    steps, rise = other[0] - one[0], other[1] - one[1]
    return one[0] + (limit - one[1]) * steps // rise if steps * rise > 0 else 2 * one[0]

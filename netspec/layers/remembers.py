"""Memory that autograd keeps for a layer, and rules for it that many layers share as values."""

from collections.abc import Callable
from typing import Any

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.shape import Shape

Record = Callable[[Any, Tape, Tensors, Weights], Tensors]


class Remembers:
    """Tensors that are kept for the backward pass: unknown by default."""

    def record(self, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors | None:
        """Record the layer's operations on the tape, and the storages that autograd keeps for the backward pass.

        Args:
            tape: Takes the operations, in torch's order.
            inputs: The input tensors; shapes hold the batch.
            weights: The layer's tensors by name, buffers too.

        Returns:
            The output tensors; None where torch's operations are not known, so that totals are unknown.
        """
        return None


def result_shape(layer: Any, tape: Tape, *inputs: TapeTensor) -> Shape:
    """The shape of the layer's result for these inputs, with the batch."""
    (output,) = layer.infer(tuple([x.shape[1:] for x in inputs]))
    return (tape.batch, *output)


def passed_on(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
    """No operation: the input itself."""
    return inputs


def keeps_input(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
    """One operation element by element, whose derivative is computed from its input."""
    (x,) = inputs
    return (tape.pointwise(x, keeps=(x,)),)


def keeps_output(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
    """One operation element by element, whose derivative is computed from its result."""
    (x,) = inputs
    return (tape.pointwise(x, keeps_output=True),)


def makes(operation: Callable[..., TapeTensor], **how: Any) -> Record:
    """One operation, which makes the result of the input: ``operation(tape, x, shape, **how)``."""

    def record(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
        (x,) = inputs
        return (operation(tape, x, result_shape(layer, tape, x), **how),)

    return record


reshaped = makes(Tape.reshape)
"""A view, or a copy where the elements do not lie in order."""

copied = makes(operations.windows, keeps=())
"""A copy, or another operation on images, that keeps nothing."""

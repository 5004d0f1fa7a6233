"""What autograd keeps of a layer, and the rules for it that many layers have, to be given as values."""

from collections.abc import Callable
from typing import Any

from netspec.autograd import Tape, Tensor, Tensors, Weights, operations
from netspec.shape import Shape

Record = Callable[[Any, Tape, Tensors, Weights], Tensors]


class Remembers:
    """What is kept for the backward pass: unknown unless it is told."""

    def record(self, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors | None:
        """Write on the tape what the layer's operations make, and what autograd keeps of it for the backward pass.

        Args:
            tape: Takes the operations, in torch's order.
            inputs: What flows in; shapes hold the batch.
            weights: The layer's tensors by name, buffers too.

        Returns:
            What flows out; None where it is not known what torch does, so that totals are unknown.
        """
        return None


def result_shape(layer: Any, tape: Tape, *inputs: Tensor) -> Shape:
    """The shape of what the layer makes of these, with the batch."""
    (output,) = layer.infer(tuple([x.shape[1:] for x in inputs]))
    return (tape.batch, *output)


def passed_on(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
    """Nothing is done."""
    return inputs


def keeps_input(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
    """One operation element by element, whose derivative is computed from its input."""
    (x,) = inputs
    return (tape.pointwise(x, keeps=(x,)),)


def keeps_output(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
    """One operation element by element, whose derivative is computed from its result."""
    (x,) = inputs
    return (tape.pointwise(x, keeps_output=True),)


def makes(operation: Callable[..., Tensor], **how: Any) -> Record:
    """One operation, which makes the result of the input: ``operation(tape, x, shape, **how)``."""

    def record(layer: Any, tape: Tape, inputs: Tensors, weights: Weights, /) -> Tensors:
        (x,) = inputs
        return (operation(tape, x, result_shape(layer, tape, x), **how),)

    return record


reshaped = makes(Tape.reshape)
"""A view, or a copy where the elements do not lie in order."""

copied = makes(operations.windows, keeps=())
"""A copy, or another operation on images, that keeps nothing."""

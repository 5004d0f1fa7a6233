"""The loss at the end of a training step."""

from __future__ import annotations

from netspec.autograd.tape import Tape
from netspec.autograd.tensor import Tensor


def cross_entropy(tape: Tape, scores: Tensor) -> Tensor:
    """Cross-entropy of scores ``[N, C, *]``; it keeps the softmax's logarithms and the sum of the classes' weights."""
    x = tape.float32(scores)
    logarithms = tape.operation([x], x.shape, keeps_output=True)
    total = tape.tensor((), logarithms.dtype)
    return tape.operation([logarithms], (), keeps=(logarithms,), extra=(total,))

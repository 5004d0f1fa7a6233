"""Recurrences on the CPU, step by step or in oneDNN's kernel.

Sequences are ``[L, N, F]``, states ``[N, H]``. The weights are those of one layer and direction: ``weight_ih``,
``weight_hh`` and, with bias, ``bias_ih`` and ``bias_hh``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netspec.autograd import operations
from netspec.autograd.tape import Tape
from netspec.autograd.tensor import TapeTensor, Tensors, Weights

Cell = Callable[[Tape, TapeTensor, TapeTensor, Weights], TapeTensor]
"""Makes the next state from the gates' input of a step and from the state."""

PAGE = 4096
"""oneDNN begins each part of its workspace on a page of its own."""


def unrolled(
    tape: Tape, sequence: TapeTensor, state: TapeTensor, weights: Weights, cell: Cell
) -> tuple[TapeTensor, TapeTensor]:
    """Step by step: all states ``[L, N, H]``, stacked, and the last. The inputs are mapped for all steps at once."""
    gates = operations.linear(tape, sequence, weights["weight_ih"], weights.get("bias_ih"))
    states = []
    for _ in range(sequence.shape[0]):
        state = cell(tape, tape.select(gates, 0), state, weights)
        states.append(state)
    return tape.operation(states, (len(states), *state.shape)), state


def elman_cell(tape: Tape, given: TapeTensor, state: TapeTensor, weights: Weights) -> TapeTensor:
    """The activation, tanh or ReLU, keeps the next state."""
    mapped = operations.linear(tape, state, weights["weight_hh"], weights.get("bias_hh"))
    mapped = tape.operation([mapped, given], mapped.shape, into=mapped)
    return tape.operation([mapped], mapped.shape, keeps_output=True)


def gru_cell(tape: Tape, given: TapeTensor, state: TapeTensor, weights: Weights) -> TapeTensor:
    """Gates are computed in place; a product in place keeps a copy of the values that it overwrites."""
    size = state.shape[1]
    mapped = operations.linear(tape, state, weights["weight_hh"], weights.get("bias_hh"))
    part, own = tape.narrow(given, 1, size), tape.narrow(mapped, 1, size)

    def gate() -> TapeTensor:
        summed = tape.operation([own, part], own.shape, into=own)
        return tape.operation([summed], own.shape, keeps_output=True, into=summed)

    def times(x: TapeTensor, factor: TapeTensor) -> TapeTensor:
        copy = (tape.tensor(x.shape, x.dtype),) if factor.needs_grad else ()
        return tape.operation([x, factor], x.shape, keeps=(factor,) if x.needs_grad else (), extra=copy, into=x)

    reset, update = gate(), gate()
    candidate = tape.pointwise(part, times(own, reset))
    candidate = tape.operation([candidate], candidate.shape, keeps_output=True, into=candidate)
    scaled = times(tape.pointwise(state, candidate), update)
    return tape.operation([scaled, candidate], scaled.shape, into=scaled)


def fused_lstm(tape: Tape, sequence: TapeTensor, states: Tensors, weights: Weights) -> Tensors:
    """The kernel of oneDNN: all states, the last, and the last cell state.

    It keeps its inputs, its results and a workspace. Without biases, it gets zeros of the weights' shapes.
    """
    length, batch, features = sequence.shape
    size = states[0].shape[1]
    maps = [weights["weight_ih"], weights["weight_hh"]]
    names = ("bias_ih", "bias_hh")
    biases = [
        weights[name] if name in weights else tape.operation([], each.shape, dtype=each.dtype)
        for name, each in zip(names, reversed(maps), strict=True)
    ]
    taken = [sequence, *maps, *biases, *states]
    ends = tuple(tape.tensor(each.shape) for each in states)
    workspace = tape.tensor((_workspace(length, batch, features, size) if tape.training else 0,), "uint8")
    output = tape.operation(taken, (length, batch, size), keeps=taken, keeps_output=True, extra=(*ends, workspace))
    return output, *(replace(each, needs_grad=output.needs_grad) for each in ends)


def _workspace(length: int, batch: int, features: int, size: int) -> int:
    """Bytes of oneDNN's workspace in float32, found by measuring it: gates, states, and their gradients.

    Rows are padded to 64 bytes, and by 64 more where they would be a multiple of 1,024.
    """
    steps, held = length * batch, 2 * (length + 1) * batch
    parts = (
        steps * _row(4 * size),
        *(held * _row(max(features, size)),) * 3,
        *(held * size,) * 2,
        steps * _row(size),
    )
    return sum(PAGE * -(-4 * part // PAGE) for part in parts)


def _row(numbers: int) -> int:
    padded = 16 * -(-numbers // 16)
    return padded + 16 if padded % 256 == 0 else padded

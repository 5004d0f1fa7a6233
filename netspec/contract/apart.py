"""The word of a layer that it computes each example of a batch by itself, held against parts of a batch in training."""

from __future__ import annotations

from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from netspec.contract.calls import build, results, tensors
from netspec.contract.word import Broken, called
from netspec.layers.base import Layer
from netspec.shape import Shapes

_BATCH, _FIRST = 4, 1
"""The examples of a batch, and those of its first part; the rest are the second."""


def hold_apart(layer: Layer, inputs: Shapes) -> None:
    """Hold a valid use of a layer to giving parts of a batch what it gives the whole.

    Raises:
        Broken: It does not: outputs or gradients differ, or it draws random numbers, or changes its state.
    """
    with torch.random.fork_rng([]), torch.enable_grad():
        module = build(called(layer, inputs), "cpu").train()
        given = [_centred(each) for each in tensors(layer, inputs, _BATCH, "cpu")]
        before, drawn = _state(module), torch.get_rng_state()
        whole = _passed(module, given, slice(None))
        if not torch.equal(drawn, torch.get_rng_state()):
            raise Broken("`joins_examples` tells of nothing, and it draws random numbers in training")
        if not _alike(before, _state(module), exact=True):
            raise Broken("`joins_examples` tells of nothing, and training changes its state")
        parts = [_passed(module, given, rows) for rows in (slice(_FIRST), slice(_FIRST, None))]
    outputs = [torch.cat(each) for each in zip(*(found for found, _ in parts), strict=True)]
    if not _alike(whole[0], outputs):
        raise Broken("`joins_examples` tells of nothing, and parts of a batch give other outputs than the whole")
    if not _alike(whole[1], [sum(each) for each in zip(*(found for _, found in parts), strict=True)]):
        raise Broken("`joins_examples` tells of nothing, and parts of a batch give other gradients than the whole")


def _passed(module: nn.Module, given: list[Any], rows: slice) -> tuple[list[Tensor], list[Tensor]]:
    """The outputs for some rows, and the gradients of their sums of squares by the weights."""
    taken = [each[rows] if isinstance(each, Tensor) else len(range(each)[rows]) for each in given]
    outputs = list(results(module(*taken)))
    learned = list(module.parameters())
    squares = [each.square().sum() for each in outputs if each.requires_grad]
    if not (learned and squares):
        return outputs, []
    return outputs, list(torch.autograd.grad(sum(squares), learned, materialize_grads=True))  # type: ignore[arg-type]


def _centred(given: Any) -> Any:
    """Numbers of both signs, of what are numbers from 0 to 1: some layers draw for one sign alone."""
    return given - 0.5 if isinstance(given, Tensor) and given.is_floating_point() else given


def _state(module: nn.Module) -> list[Tensor]:
    return [each.detach().clone() for each in chain(module.parameters(), module.buffers())]


def _alike(one: list[Tensor], other: list[Any], *, exact: bool = False) -> bool:
    bounds = {"rtol": 0.0, "atol": 0.0} if exact else {"rtol": 1e-4, "atol": 1e-5}
    return all(torch.allclose(a, b, equal_nan=True, **bounds) for a, b in zip(one, other, strict=True))

"""What `pad` takes in each mode is what torch makes a tensor of, every element of it written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from netspec.contract.calls import build
from netspec.layers import registry
from netspec.layers.base import Layer, Refusal
from netspec.layers.padding import TORCH
from netspec.shape import Shape

AMOUNTS = range(-5, 6)
SHAPES = ((1,), (2,), (4,), (2, 1), (2, 3), (1, 4))


@contextmanager
def unwritten_is_nan() -> Iterator[None]:
    """What torch allocates and never writes is NaN inside, and not what lay there by chance."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def of_torch(layer: Layer, shape: Shape) -> Shape | None:
    """The shape of what torch makes, without the batch; None where it makes nothing that can be relied on.

    Where it reads what it writes, it says so of a single row alone: what it refuses of one, it does not do of many.
    """
    made = None
    for rows in ((1,) * len(shape), (3, *shape[:-1])):
        try:
            with unwritten_is_nan():
                made = build(layer.emit((shape,)), "cpu")(torch.rand(*rows, shape[-1]))
        except (RuntimeError, ValueError):
            return None
        if made.numel() == 0 or made.isnan().any():
            return None
    assert isinstance(made, Tensor)
    return tuple(made.shape[1:])


@pytest.mark.parametrize("mode", TORCH)
def test_every_crop_and_pad_of_short_axes(mode: str) -> None:
    accepted = 0
    for shape, before, after in itertools.product(SHAPES, AMOUNTS, AMOUNTS):
        layer = registry()["pad"](padding=((before, after),), mode=mode)
        try:
            mine: Shape | None = layer.infer((shape,))[0]
        except Refusal:
            mine = None
        assert mine == of_torch(layer, shape), f"{shape} by {before} and {after}"
        accepted += mine is not None
    assert accepted > 100

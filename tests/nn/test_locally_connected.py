"""Locally connected layers: a convolution where all kernels are equal, with as many parameters as connections."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import netspec.nn
from netspec.contract.calls import build
from netspec.layers import registry

USES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 9), {"kernel": 3, "stride": 2, "padding": 1}),
    ((4, 7, 8), {"kernel": (3, 2), "dilation": (1, 2), "groups": 2}),
    ((2, 6, 6), {"kernel": 3, "padding": ((1, 1), (1, 1)), "padding_mode": "circular"}),
    ((2, 3, 4, 4), {"kernel": 2, "bias": False}),
]


@pytest.mark.parametrize(("shape", "options"), USES)
def test_equal_kernels_are_a_convolution(shape: tuple[int, ...], options: dict[str, Any]) -> None:
    ours = build(registry()["locally_connected"](out=4, **options).emit((shape,)), "cpu")
    shared = build(registry()["conv"](out=4, **options).emit((shape,)), "cpu")
    (out, *size) = registry()["conv"](out=4, **options).infer((shape,))[0]
    positions = torch.Size(size).numel()
    with torch.no_grad():
        ours.weight.copy_(shared.weight.repeat_interleave(positions, 0))
        if shared.bias is not None:
            ours.bias.copy_(shared.bias.reshape(out, *[1] * len(size)))
    x = torch.rand(3, *shape)
    torch.testing.assert_close(ours(x), shared(x))


def test_rows_follow_the_output() -> None:
    """Each row of the weight is the kernel of the unit at the same place of the flattened output."""
    layer = netspec.nn.LocallyConnected(1, 2, (3, 3), 2, bias=False)
    x = torch.rand(1, 1, 3, 3)
    y = layer(x)
    for unit in range(8):
        changed = netspec.nn.LocallyConnected(1, 2, (3, 3), 2, bias=False)
        changed.load_state_dict(layer.state_dict())
        with torch.no_grad():
            changed.weight[unit] += 1
        assert torch.nonzero((changed(x) - y).flatten()).flatten().tolist() == [unit]


def test_as_many_parameters_as_connections() -> None:
    """Net-3 of LeCun's "Generalization and network design strategies", 1989: 8x8 units of 3x3, 4x4 units of 5x5.

    Its figures: 1226 connections, as many parameters since no weight is shared.
    """
    make = registry()["locally_connected"]
    first, second = make(out=1, kernel=3, stride=2, padding=((1, 0), (1, 0))), make(out=1, kernel=5)
    shapes = ((1, 16, 16),), ((1, 8, 8),)
    assert [layer.infer(shape) for layer, shape in zip((first, second), shapes, strict=True)] == [
        ((1, 8, 8),),
        ((1, 4, 4),),
    ]
    counts = [sum(w.numel for w in layer.weights(s).values()) for layer, s in zip((first, second), shapes, strict=True)]
    assert counts == [64 * 10, 16 * 26]
    assert sum(counts) + 10 * 17 == 1226


@pytest.mark.parametrize("groups", [1, 2])
def test_an_empty_batch(groups: int) -> None:
    layer = netspec.nn.LocallyConnected(4, 6, (7, 8), (3, 2), groups=groups)
    assert layer(torch.rand(0, 4, 7, 8)).shape == (0, 6, 5, 7)


@pytest.mark.parametrize("size", [(4, 4), (10, 3), (7, 6)])  # a quarter of the units; half, and as many, elsewhere
def test_another_size_is_refused(size: tuple[int, int]) -> None:
    layer = netspec.nn.LocallyConnected(2, 3, (6, 6), 3)
    with pytest.raises(ValueError, match=r"kernels for \[4, 4\] units, not"):
        layer(torch.rand(1, 2, *size))


def test_starts_as_a_convolution_does() -> None:
    torch.manual_seed(0)
    ours, theirs = netspec.nn.LocallyConnected(4, 400, (4, 4), 3), nn.Conv2d(4, 400, 3)
    for key, weight in theirs.named_parameters():
        found = ours.state_dict()[key]
        assert found.abs().max().item() == pytest.approx(1 / 6, rel=0.01)
        assert found.std().item() == pytest.approx(weight.std().item(), rel=0.1)


def test_torch_s_initialisers_see_its_fan_in() -> None:
    weight = netspec.nn.LocallyConnected(4, 8, (12, 12), 3).weight
    assert nn.init._calculate_fan_in_and_fan_out(weight)[0] == 36

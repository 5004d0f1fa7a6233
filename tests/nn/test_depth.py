"""Stochastic depth draws as torchvision's does, from the same seed."""

from __future__ import annotations

import pytest
import torch

import netspec.nn
from netspec.layers import registry
from netspec.layers.base import Refusal

ops = pytest.importorskip("torchvision").ops


@pytest.mark.parametrize("p", [0.0, 0.2, 0.75, 1.0])
@pytest.mark.parametrize("mode", ["row", "batch"])
@pytest.mark.parametrize("shape", [(16, 3, 4, 4), (16, 5), (16,)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_draws_as_torchvision(p: float, mode: str, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    ours, theirs = netspec.nn.StochasticDepth(p, mode), ops.StochasticDepth(p, mode)
    x = torch.randn(shape, dtype=dtype)
    found = []
    for module in (ours, theirs):
        torch.manual_seed(3)
        given = x.clone().requires_grad_()
        outputs = [module(given) for _ in range(4)]
        sum(outputs).sum().backward()
        found.append([*outputs, given.grad])
    assert all(torch.equal(our, their) for our, their in zip(*found, strict=True))
    assert ours.eval()(x) is x


def test_a_row_survives_whole_and_scaled() -> None:
    torch.manual_seed(0)
    y = netspec.nn.StochasticDepth(0.25)(torch.ones(64, 2, 3))
    kept = y[:, 0, 0] != 0
    assert 0 < int(kept.sum()) < 64
    assert torch.equal(y, (kept / 0.75)[:, None, None].expand(64, 2, 3))
    assert repr(netspec.nn.StochasticDepth(0.25)) == "StochasticDepth(p=0.25, mode='row')"


def test_a_probability_is_needed() -> None:
    with pytest.raises(Refusal, match="probability"):
        registry()["stochastic_depth"](p=1.5).infer(((3,),))

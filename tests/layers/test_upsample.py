"""Interpolation beyond torch.nn.Upsample."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from netspec.contract.calls import build
from netspec.layers import registry
from netspec.layers.base import Refusal


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_antialias(mode: str) -> None:
    x = torch.rand(2, 3, 9, 12)
    smooth, plain = (
        build(registry()["upsample"](size=(3, 4), mode=mode, antialias=a).emit(((3, 9, 12),)), "cpu")(x)
        for a in (True, False)
    )
    assert torch.equal(smooth, F.interpolate(x, (3, 4), mode=mode, antialias=True))
    assert not torch.allclose(smooth, plain)


def test_factor_of_whole_sizes() -> None:
    x = torch.rand(2, 3, 5)
    options = {"scale_factor": 1.5, "mode": "linear"}
    given, whole = (
        build(registry()["upsample"](recompute_scale_factor=r, **options).emit(((3, 5),)), "cpu")(x)
        for r in (None, True)
    )
    assert torch.equal(whole, F.interpolate(x, 7, mode="linear"))
    assert not torch.allclose(whole, given)


@pytest.mark.parametrize("option", [{"antialias": True}, {"recompute_scale_factor": True}])
def test_refusals(option: dict[str, bool]) -> None:
    with pytest.raises(Refusal) as caught:
        registry()["upsample"](size=3, **option).infer(((3, 5, 5),))
    assert caught.value.option == next(iter(option))

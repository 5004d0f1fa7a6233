"""Anti-aliased pooling against timm's."""

from __future__ import annotations

from math import comb
from typing import Any

import pytest
import torch

from netspec.contract.calls import build
from netspec.layers import registry


def blurred(x: torch.Tensor, **options: Any) -> torch.Tensor:
    shape = tuple(x.shape[1:])
    layer = registry()["blur_pool"](**options)
    y: torch.Tensor = build(layer.emit((shape,)), "cpu")(x)
    assert tuple(y.shape[1:]) == layer.infer((shape,))[0]
    return y


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_as_timm(size: int, stride: int) -> None:
    """Bit by bit; timm pads by ((stride - 1) + (size - 1)) // 2, which for an odd size and stride 2 is the default."""
    theirs = pytest.importorskip("timm.layers").BlurPool2d(4, filt_size=size, stride=stride)
    x = torch.rand(2, 4, 11, 12)
    padding = (stride - 1 + size - 1) // 2
    assert torch.equal(blurred(x, kernel=size, stride=stride, padding=padding), theirs(x))
    if size % 2 and stride <= 2:
        assert torch.equal(blurred(x, kernel=size, stride=stride), theirs(x))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7])
def test_rows_of_pascal_s_triangle(size: int) -> None:
    x = torch.zeros(1, 1, 15)
    x[..., 7] = 1
    y = blurred(x, kernel=size, stride=1, padding_mode="zeros")
    row = [comb(size - 1, k) / 2 ** (size - 1) for k in range(size)]
    assert [v for v in y[0, 0].tolist() if v] == row


def test_even_sizes_keep_the_size_with_the_odd_position_after() -> None:
    """As the original pads: floor((size - 1) / 2) before, the rest after."""
    x = torch.arange(6.0)[None, None]
    assert blurred(x, kernel=2, stride=1).tolist() == [[[0.5, 1.5, 2.5, 3.5, 4.5, 4.5]]]


def test_a_shift_by_the_stride_shifts_the_output() -> None:
    x = torch.rand(1, 2, 16, 16)
    options: dict[str, Any] = {"kernel": 3, "padding_mode": "circular"}
    shifted = blurred(x.roll((2, 4), (2, 3)), **options)
    torch.testing.assert_close(shifted, blurred(x, **options).roll((1, 2), (2, 3)))


def test_a_single_axis() -> None:
    x = torch.rand(2, 3, 8, 9)
    y = blurred(x, kernel=(1, 3), stride=(1, 2))
    rows = torch.stack([blurred(x[:, :, row], kernel=3) for row in range(8)], 2)
    torch.testing.assert_close(y, rows)


def test_numbers_survive_the_meta_device() -> None:
    """Weights that are assigned to a network without storage bring no constants along."""
    call = registry()["blur_pool"](kernel=3).emit(((2, 5, 6),))
    x = torch.rand(1, *(2, 5, 6))
    made = build(call, "meta")
    made.load_state_dict({}, assign=True)
    assert torch.equal(made(x), build(call, "cpu")(x))

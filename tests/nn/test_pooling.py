"""Pooling by minima, sums and standard deviations, against loops over the windows."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import netspec.nn
from netspec.contract.calls import build
from netspec.layers import registry
from netspec.layers.base import Refusal

SHAPES = [(2, 7), (2, 6, 7), (2, 4, 5, 6)]


def test_min_ignores_its_padding() -> None:
    x = torch.rand(1, 1, 4, 4) + 1
    corner = netspec.nn.MinPool2d(2, padding=1)(x)[0, 0, 0, 0]
    assert corner == x[0, 0, 0, 0]


@pytest.mark.parametrize("shape", SHAPES)
def test_sum_is_mean_times_size(shape: tuple[int, ...]) -> None:
    axes = len(shape) - 1
    x = torch.rand(3, *shape)
    mean = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[axes - 1](x, 2)
    torch.testing.assert_close(build(registry()["sum_pool"](kernel=2).emit((shape,)), "cpu")(x), mean * 2**axes)


def test_sum_adds_nothing_beyond_the_input() -> None:
    assert netspec.nn.SumPool1d(2, ceil_mode=True)(torch.ones(1, 1, 3)).tolist() == [[[2.0, 1.0]]]
    assert netspec.nn.SumPool1d((2,), (1,), (1,))(torch.ones(1, 1, 2)).tolist() == [[[1.0, 2.0, 1.0]]]


def test_std_is_exact_far_from_zero() -> None:
    """A mean of squares less the square of the mean would leave nothing of these digits."""
    x = torch.tensor([[[10000.0, 10001.0, 10000.0, 10002.0]]])
    torch.testing.assert_close(netspec.nn.StdPool(2)(x), torch.tensor([[[0.5, 1.0]]]))


def test_std_of_equal_elements_has_gradient_0() -> None:
    x = torch.ones(1, 1, 4, 4, requires_grad=True)
    y = netspec.nn.StdPool(3, stride=1, padding=1)(x)
    y.sum().backward()
    assert not y.any()
    assert x.grad is not None
    assert not x.grad.any()


def test_std_counts_what_lies_in_the_input() -> None:
    x = torch.tensor([[[1.0, 3.0, 7.0]]])
    torch.testing.assert_close(netspec.nn.StdPool(2, padding=1)(x), torch.tensor([[[0.0, 2.0]]]))
    with pytest.raises(ValueError, match="half"):
        netspec.nn.StdPool(2, padding=2)(x)


@pytest.mark.parametrize("kind", ["min", "sum", "std"])
@pytest.mark.parametrize("shape", SHAPES)
def test_global_is_one_window_over_all(kind: str, shape: tuple[int, ...]) -> None:
    x = torch.rand(3, *shape)
    window = build(registry()[f"{kind}_pool"](kernel=shape[1:]).emit((shape,)), "cpu")
    everything = build(registry()[f"global_{kind}_pool"]().emit((shape,)), "cpu")
    torch.testing.assert_close(everything(x), window(x))


@pytest.mark.parametrize("kind", ["min", "sum", "std"])
def test_the_help_names_the_global_layer(kind: str) -> None:
    with pytest.raises(Refusal) as caught:
        registry()[f"{kind}_pool"](kernel=5).infer(((3, 2, 2),))
    assert f"`global_{kind}_pool` takes the whole input" in str(caught.value.help)
    assert f"global_{kind}_pool" in registry()

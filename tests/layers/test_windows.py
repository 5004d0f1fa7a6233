"""Fan-in and receptive fields, counted by the gradient of one output element."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from netspec.layers import registry
from netspec.shape import Shape
from tests.layers.building import build

WINDOWS: list[tuple[str, dict[str, Any], Shape]] = [
    ("conv", {"out": 4, "kernel": 3}, (2, 9, 9)),
    ("conv", {"out": 4, "kernel": (3, 5), "dilation": (2, 1), "padding": (2, 2)}, (2, 11, 9)),
    ("conv", {"out": 4, "kernel": 3, "groups": 2, "bias": False, "stride": 2}, (4, 15)),
    ("conv", {"out": 2, "kernel": 2, "padding": ((1, 0), (0, 1)), "stride": 2}, (3, 8, 8)),
    ("conv", {"out": 2, "kernel": 4, "padding": "same"}, (1, 9, 9)),
    ("conv", {"out": 2, "kernel": (1, 3, 3)}, (2, 3, 7, 7)),
    ("conv", {"out": 2, "kernel": 3, "padding": 1, "connections": ((0, 1), (2, 1))}, (3, 9, 9)),
    ("conv", {"out": 2, "kernel": 3, "stride": 2, "bias": "unshared"}, (2, 9, 9)),
    ("subsample", {"kernel": (2, 3), "stride": (2, 2)}, (2, 9, 8)),
    ("avg_pool", {"kernel": 3, "stride": 2, "padding": 1}, (2, 9, 9)),
    ("avg_pool", {"kernel": 2}, (2, 9)),
    ("lp_pool", {"kernel": 3, "stride": 1}, (2, 9, 9)),
    ("sum_pool", {"kernel": 3, "stride": 2, "padding": 1}, (2, 9, 9)),
    ("std_pool", {"kernel": (2, 3)}, (2, 8, 9)),
    ("locally_connected", {"out": 4, "kernel": (3, 2), "stride": 2, "dilation": (1, 2), "padding": 1}, (2, 9, 9)),
    ("locally_connected", {"out": 4, "kernel": 3, "groups": 2, "bias": False}, (4, 9)),
    ("filter", {"kernel": "gaussian", "size": 5, "padding": "same"}, (2, 9, 9)),
    ("filter", {"kernel": ((1.0, 2.0),), "mode": "convolution", "dilation": 3}, (2, 9, 9)),
    ("blur_pool", {"kernel": 5}, (2, 16, 16)),
    ("blur_pool", {"kernel": 4, "stride": 3}, (2, 17)),
    ("adaptive_avg_pool", {"output_size": (3, 2)}, (2, 9, 8)),
    ("pixel_unshuffle", {"downscale_factor": 2}, (3, 8, 8)),
    ("pad", {"padding": ((2, 1), (0, 3))}, (2, 7, 7)),
    ("batch_norm", {}, (2, 7, 7)),
    ("relu", {}, (2, 7, 7)),
    ("softmax", {}, (2, 7, 7)),
    ("local_response_norm", {"size": 2}, (3, 7, 7)),
]


def gradient(op: str, options: dict[str, Any], shape: Shape, place: Shape) -> torch.Tensor:
    """How much each input element weighs in the output element at `place` of the last channel."""
    module = build(registry()[op](**options).emit((shape,)), "cpu").double().eval()
    x = (torch.rand(1, *shape, dtype=torch.float64) + 0.5).requires_grad_()
    module(x)[(0, -1, *place)].backward()
    assert x.grad is not None
    return x.grad[0]


@pytest.mark.parametrize(("op", "options", "shape"), WINDOWS)
def test_window_is_what_the_gradient_sees(op: str, options: dict[str, Any], shape: Shape) -> None:
    layer = registry()[op](**options)
    window = layer.receptive_field((shape,))
    assert window is not None
    (output,) = layer.infer((shape,))
    place = tuple(n // 2 for n in output[1:])
    seen = gradient(op, options, shape, place).abs().sum(0) > 0
    for axis, i in enumerate(place):
        others = [a for a in range(seen.ndim) if a != axis]
        where = torch.nonzero(seen.sum(others) if others else seen).flatten().tolist()
        first = i * window.stride[axis] - window.padding[axis]
        # A pixel of a shuffled tile is one place within the window; all others fill it.
        inside = set(where) <= set(range(first, first + window.kernel[axis]))
        assert inside
        if op != "pixel_unshuffle":
            assert (where[0], where[-1]) == (first, first + window.kernel[axis] - 1)


@pytest.mark.parametrize(("op", "options", "shape"), [w for w in WINDOWS if registry()[w[0]].computes_units])
def test_fan_in_counts_the_gradient(op: str, options: dict[str, Any], shape: Shape) -> None:
    layer = registry()[op](**options)
    (output,) = layer.infer((shape,))
    seen = torch.count_nonzero(gradient(op, options, shape, tuple(n // 2 for n in output[1:]))).item()
    bias = 1 if "bias" in layer.weights((shape,)) else 0
    assert layer.fan_in((shape,)) == seen + bias


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"kernel": 4, "stride": 2, "padding": 1}, 9),
        ({"kernel": 3}, 9),
        ({"kernel": 2, "stride": 2, "groups": 2, "bias": False}, 9),
    ],
)
def test_fan_in_of_a_transposed_convolution(options: dict[str, Any], size: int) -> None:
    layer = registry()["conv_transpose"](out=4, **options)
    shape = (2, size, size)
    (output,) = layer.infer((shape,))
    seen = torch.count_nonzero(gradient("conv_transpose", {"out": 4, **options}, shape, (output[1] // 2,) * 2)).item()
    assert layer.fan_in((shape,)) == seen + (1 if options.get("bias", True) else 0)


def test_uneven_windows_have_no_fan_in() -> None:
    assert registry()["conv_transpose"](out=1, kernel=3, stride=2).fan_in(((1, 5, 5),)) is None
    assert registry()["adaptive_avg_pool"](output_size=3).fan_in(((1, 7, 7),)) is None
    assert registry()["adaptive_avg_pool"](output_size=3).receptive_field(((1, 7, 7),)) is None

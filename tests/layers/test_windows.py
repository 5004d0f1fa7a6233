"""Fan-in and receptive fields, counted by the gradient of one output element."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import torch

from netspec.analysis.seen_input import Extent, Seen, Work, seen_through
from netspec.contract.calls import build
from netspec.layers import registry
from netspec.layers.base import Refusal, Window
from netspec.shape import Shape

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
]

REACHES: list[tuple[str, dict[str, Any], Shape]] = [
    *WINDOWS,
    ("adaptive_avg_pool", {"output_size": (3, 4)}, (2, 7, 10)),
    ("conv_transpose", {"out": 2, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1}, (2, 5, 6)),
    ("conv_transpose", {"out": 2, "kernel": (4, 2), "stride": 2, "dilation": (2, 1)}, (2, 5, 6)),
    ("conv_transpose", {"out": 2, "kernel": 5, "stride": 3, "dilation": 2, "padding": 2}, (2, 6)),
    ("upsample", {"scale_factor": 2}, (1, 4, 5)),
    ("upsample", {"scale_factor": 3}, (1, 5)),
    ("upsample", {"scale_factor": 1.5}, (1, 4, 6)),
    ("upsample", {"size": (7, 3), "mode": "nearest-exact"}, (1, 4, 9)),
    ("upsample", {"scale_factor": 2, "mode": "bilinear"}, (1, 4, 5)),
    ("upsample", {"scale_factor": 3, "mode": "bicubic"}, (1, 6, 7)),
    ("upsample", {"size": (7, 9), "mode": "bilinear", "align_corners": True}, (1, 4, 5)),
    ("upsample", {"size": (3, 4), "mode": "bilinear"}, (1, 9, 8)),
    ("upsample", {"scale_factor": (1, 2, 2), "mode": "trilinear"}, (1, 3, 4, 4)),
    ("pixel_shuffle", {"upscale_factor": 3}, (9, 3, 4)),
    ("roll", {"shifts": (1, -2), "axes": (1, 2)}, (2, 4, 7)),
    ("flatten", {"start_axis": 1, "end_axis": 1}, (2, 4, 7)),
    ("global_avg_pool", {}, (2, 4, 5)),
    ("linear", {"out": 3}, (2, 4, 5)),
    ("select", {"index": 1}, (2, 4, 5)),
    ("mean", {"axis": -1}, (2, 4, 5)),
    ("permute", {"axes": (2, 0, 1)}, (2, 4, 5)),
]


def gradient(op: str, options: dict[str, Any], shape: Shape, place: Shape) -> torch.Tensor:
    """How much each input element weighs in the output element at `place` of the last channel."""
    module = build(registry()[op](**options).emit((shape,)), "cpu").double().eval()
    x = (torch.rand(1, *shape, dtype=torch.float64) + 0.5).requires_grad_()
    module(x)[(0, -1, *place)].backward()
    assert x.grad is not None
    return x.grad[0]


def seen_by(op: str, options: dict[str, Any], shape: Shape) -> Iterator[tuple[Shape, list[list[int]]]]:
    """Places of the output, and the elements along each axis of the input that weigh there."""
    module = build(registry()[op](**options).emit((shape,)), "cpu").double().eval()
    for weight in module.parameters():
        torch.nn.init.uniform_(weight, 0.5, 1)
    x = (torch.rand(1, *shape, dtype=torch.float64) + 0.5).requires_grad_()
    output = module(x)[0]
    for place in product(*map(range, output.shape)):
        (found,) = torch.autograd.grad(output[place], x, retain_graph=True)
        yield place, [sorted({*where.tolist()}) for where in torch.nonzero(found[0].abs() > 1e-12).T]


@pytest.mark.parametrize(("op", "options", "shape"), REACHES)
def test_a_reach_is_what_the_gradient_sees(op: str, options: dict[str, Any], shape: Shape) -> None:
    found = registry()[op](**options).receptive_field((shape,))
    reach = found.reach() if isinstance(found, Window) else found
    assert reach is not None
    sights = [seen_through(Seen(axis, 1, ((0, 0),)), reach, frozenset(), Work()) for axis in range(len(shape))]
    for place, places in seen_by(op, options, shape):
        for n, sight, where in zip(shape, sights, places or [[]] * len(shape), strict=True):
            if isinstance(sight, Extent):
                # All that an element sees of an axis along which it moves is told; one pixel of a tile is a part.
                if sight.whole and op not in TILES and any(places):
                    assert where == list(range(n))
                continue
            span = sight.span(place[sight.axis])
            if span is None:
                assert not where
                continue
            if op == "roll":
                assert where == [span[0] % n]
                continue
            first, last = span
            assert all(max(first, 0) <= index <= min(last, n - 1) for index in where)
            # A dilated window that begins in the padding need not meet the border; a pixel of a tile is one place.
            if op not in TILES and where:
                assert first < 0 or where[0] == first
                assert last >= n or where[-1] == last


TILES = {"pixel_unshuffle"}


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


@pytest.mark.parametrize("op", ["max_pool", "min_pool"])
def test_no_window_lies_in_the_padding_alone(op: str) -> None:
    layer = registry()[op](kernel=2, padding=1, dilation=2)
    with pytest.raises(Refusal, match="may lie in the padding alone"):
        layer.infer(((3, 1),))
    assert layer.infer(((3, 2),)) == ((3, 1),)


NORMS = sorted(op for op in registry() if op.endswith("_norm"))


@pytest.mark.parametrize("op", NORMS)
def test_norms_are_the_identity(op: str) -> None:
    for use in registry()[op].examples:
        field = registry()[op](**use.options).receptive_field(use.inputs)
        assert isinstance(field, Window)
        assert field.is_pointwise

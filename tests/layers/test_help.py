"""Refusals tell the fix with its numbers worked out, and the fix is one."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.contract.calls import said
from netspec.layers import registry
from netspec.layers.base import Refusal
from netspec.shape import Shape

CASES: list[tuple[str, dict[str, Any], tuple[Shape, ...], str]] = [
    ("conv", {"out": 8, "kernel": 7}, ((4, 3, 3),), "`padding: 3` keeps 3x3 at stride 1"),
    ("conv", {"out": 8, "kernel": 3}, ((4,),), "a `linear` layer takes vectors"),
    ("conv", {"out": 8, "kernel": 3, "groups": 2}, ((3, 9, 9),), "`groups: 1` or `groups: 3` divide 3"),
    ("conv", {"out": 8, "kernel": 3, "stride": 2, "padding": "same"}, ((3, 9, 9),), "`padding: 1` centres the kernel"),
    ("conv", {"out": 2, "kernel": 3, "groups": 2, "connections": ((0,), (1,))}, ((2, 9, 9),), "leave `groups` out"),
    ("subsample", {"kernel": 3}, ((3, 2, 2),), "`kernel: 2` fits"),
    ("max_pool", {"kernel": 3}, ((3, 2, 2),), "`kernel: 2` fits; `global_max_pool` takes the whole input"),
    ("max_pool", {"kernel": 3, "padding": 2}, ((3, 9, 9),), "`padding: 1` is the most"),
    ("conv_transpose", {"out": 3, "kernel": 2, "padding": 3}, ((3, 2, 2),), "`padding: 1` leaves 1"),
    ("add", {}, ((256, 56, 56), (512, 28, 28)), "a 1x1 convolution with stride 2 makes the first input 512x28x28"),
    ("add", {}, ((512, 28, 28), (256, 56, 56)), "a 1x1 convolution with stride 2 makes the second input 512x28x28"),
    ("add", {}, ((256,), (512,)), "`{linear: 512}` makes the first input [512]"),
    ("multiply", {}, ((8,), (8, 4, 4)), "`{reshape: [8, 1, 1]}` gives [8] 3 axes"),
    ("multiply", {}, ((8, 4, 4), (8,)), "`{reshape: [8, 1, 1]}` gives [8] 3 axes"),
    ("concat", {}, ((8, 28, 28), (4, 14, 14)), "`{upsample: 2}` makes the second input 4x28x28"),
    ("reshape", {"shape": (3, 28, 28)}, ((1568,),), "`shape: [2, 28, 28]` holds 1568"),
    ("split", {"sizes": (2, 2)}, ((6, 2),), "`sizes: [2, 2, 2]` covers the axis"),
    ("dropout", {"p": 50}, ((6,),), "`p: 0.5` drops 50 per cent"),
    ("softmax", {}, ((3, 2),), "`axis: -1` for a sequence of features"),
    ("pad", {"padding": 3}, ((4,),), "`padding: [[0, 3]]` pads the features"),
    ("upsample", {"scale_factor": 2, "mode": "bilinear"}, ((3, 4),), "`mode: linear` interpolates [3, 4]"),
    ("pixel_shuffle", {"upscale_factor": 2}, ((6, 3, 3),), "give 8 channels"),
    ("glu", {}, ((5,),), "give 4 or 6"),
    ("module", {"module": "hardshrink"}, ((5,),), "did you mean `Hardshrink`?"),
]


@pytest.mark.parametrize(("op", "options", "inputs", "help"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_help(op: str, options: dict[str, Any], inputs: tuple[Shape, ...], help: str) -> None:
    with pytest.raises(Refusal) as caught:
        registry()[op](**options).infer(inputs)
    assert help in (said(caught.value, "help") or "")


def test_the_fix_is_one() -> None:
    make = registry()
    assert make["conv"](out=8, kernel=7, padding=3).infer(((4, 3, 3),)) == ((8, 3, 3),)
    assert make["conv_transpose"](out=3, kernel=2, padding=1).infer(((3, 2, 2),)) == ((3, 1, 1),)
    assert make["conv"](out=512, kernel=1, stride=2).infer(((256, 56, 56),)) == ((512, 28, 28),)
    assert make["upsample"](scale_factor=2).infer(((4, 14, 14),)) == ((4, 28, 28),)
    assert make["pad"](padding=((0, 3),)).infer(((4,),)) == ((7,),)

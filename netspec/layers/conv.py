"""Convolution over any number of spatial axes."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, Weight, Window, refuse
from netspec.program import Call
from netspec.shape import Size, conv_output, per_axis, product


PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class Conv(Layer):
    """Cross-correlation of the input with `out` learned kernels, as torch.nn.Conv1d, Conv2d or Conv3d.

    Input ``[C, *S]``, output ``[out, *S']`` with ``S' = floor((S + 2p - d(k - 1) - 1) / s) + 1`` per axis
    (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016).
    """

    op: ClassVar = "conv"
    main: ClassVar = "out"
    computes_units: ClassVar = True
    weight_layer: ClassVar = True
    examples: ClassVar = (Example({"out": 6, "kernel": 5, "padding": 2}, ((1, 28, 28),)),)

    out: int
    kernel: Size
    stride: Size = 1
    padding: Size | Literal["same", "valid"] = 0
    dilation: Size = 1
    groups: int = 1
    bias: bool = True
    padding_mode: PaddingMode = "zeros"

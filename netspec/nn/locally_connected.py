"""Convolution without weight sharing."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LocallyConnected(nn.Module):
    """A convolution whose units each have a kernel, a row of `weight`, and a bias."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        input_size: tuple[int, ...],
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[tuple[int, int], ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        def per_axis(value: int | tuple[int, ...]) -> tuple[int, ...]:
            return (value,) * len(input_size) if isinstance(value, int) else value

        super().__init__()
        if isinstance(padding, int):
            padding = ((padding, padding),) * len(input_size)
        self.kernel_size = per_axis(kernel_size)
        self.stride = per_axis(stride)
        self.dilation = per_axis(dilation)
        self.groups = groups
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode
        self.output_shape = [out_channels]
        for axis, size in enumerate(input_size):
            room = size + sum(padding[axis])
            span = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            self.output_shape.append((room - span) // self.stride[axis] + 1)
        units = torch.Size(self.output_shape).numel()
        kernel = (in_channels // groups, *self.kernel_size)
        self.weight = nn.Parameter(torch.empty(units, *kernel))
        self.bias = nn.Parameter(torch.empty(self.output_shape)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = self.weight[0].numel() ** -0.5
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.sides, self.sides_mode)
        axes = len(self.kernel_size)
        for axis in range(axes):
            span = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            step = self.dilation[axis]
            x = x.unfold(axis + 2, span, self.stride[axis])[..., ::step]
        size, units = self.output_shape[1:], [*x.shape[2 : axes + 2]]
        if units != size:
            raise ValueError(f"kernels for {size} units, not {units}")
        x = x.flatten(-axes).flatten(2, -2)
        groups, channels = self.groups, self.weight.shape[1]
        maps = self.output_shape[0] // groups
        x = x.reshape(x.shape[0], groups, channels, *x.shape[2:])
        weight = self.weight.view(groups, maps, x.shape[3], channels, x.shape[4])
        x = torch.einsum("bgcpt,gopct->bgop", x, weight)
        x = x.reshape(x.shape[0], *self.output_shape)
        return x if self.bias is None else x + self.bias

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        return f"weight={[*self.weight.shape]}, output={self.output_shape}, {window}"

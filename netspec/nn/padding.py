"""Padding that differs between the two sides of an axis."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ConstantPad(nn.Module):
    """Pads any number of axes by (before, after), from the last axis backwards."""

    def __init__(self, padding: tuple[int, ...], value: float = 0.0) -> None:
        super().__init__()
        self.padding = padding
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}, value={self.value}"


class PaddedConv1d(nn.Conv1d):
    """Convolution whose padding has two sides: (before, after) per axis."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] = 1,
        padding: tuple[tuple[int, int], ...] = ((0, 0),),
        dilation: int | tuple[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        if len(padding) != 1 or any(amount < 0 for pair in padding for amount in pair):
            raise ValueError(f"one pair (before, after) needed, not {padding}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        padding = f"padding={self.sides}, padding_mode={self.sides_mode!r}"
        return f"{self.in_channels}, {self.out_channels}, {window}, {padding}"


class PaddedConv2d(nn.Conv2d):
    """Convolution whose padding has two sides: (before, after) per axis."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0)),
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        if len(padding) != 2 or any(amount < 0 for pair in padding for amount in pair):
            raise ValueError(f"two pairs (before, after) needed, not {padding}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        padding = f"padding={self.sides}, padding_mode={self.sides_mode!r}"
        return f"{self.in_channels}, {self.out_channels}, {window}, {padding}"


class PaddedConv3d(nn.Conv3d):
    """Convolution whose padding has two sides: (before, after) per axis."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
        padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0), (0, 0)),
        dilation: int | tuple[int, int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        if len(padding) != 3 or any(amount < 0 for pair in padding for amount in pair):
            raise ValueError(f"three pairs (before, after) needed, not {padding}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        padding = f"padding={self.sides}, padding_mode={self.sides_mode!r}"
        return f"{self.in_channels}, {self.out_channels}, {window}, {padding}"

"""The torch modules that torch lacks.

Each class stands alone: generated source carries the text of those it uses, below ``import torch``,
``from torch import Tensor, nn`` and ``import torch.nn.functional as F``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Reshape(nn.Module):
    """Gives each example another shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)

    def extra_repr(self) -> str:
        return repr(self.shape)


class Permute(nn.Module):
    """Reorders the axes; the batch is axis 0."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return torch.permute(x, self.dims)

    def extra_repr(self) -> str:
        return repr(self.dims)


class Pad(nn.Module):
    """Pads any axes; amounts (before, after) count from the last axis backwards."""

    def __init__(self, padding: tuple[int, ...], mode: str = "constant", value: float = 0.0) -> None:
        super().__init__()
        self.padding = padding
        self.mode = mode
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.padding, self.mode, self.value if self.mode == "constant" else None)

    def extra_repr(self) -> str:
        return f"{self.padding}, mode={self.mode!r}, value={self.value}"


class PaddedConv1d(nn.Conv1d):
    """Convolution whose padding differs between the two sides: (before, after) per axis."""

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
            raise ValueError(f"padding must hold one pair of sizes (before, after), got {padding}")
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, sides={self.sides}, sides_mode={self.sides_mode!r}"


class PaddedConv2d(nn.Conv2d):
    """Convolution whose padding differs between the two sides: (before, after) per axis."""

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
            raise ValueError(f"padding must hold two pairs of sizes (before, after), got {padding}")
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, sides={self.sides}, sides_mode={self.sides_mode!r}"


class PaddedConv3d(nn.Conv3d):
    """Convolution whose padding differs between the two sides: (before, after) per axis."""

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
            raise ValueError(f"padding must hold three pairs of sizes (before, after), got {padding}")
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self.sides, self.sides_mode))

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, sides={self.sides}, sides_mode={self.sides_mode!r}"

"""Fixed kernels, applied to each channel by itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Filter(nn.Module):
    """Filters each channel with fixed numbers, turned by 180 degrees to convolve."""

    weight: Tensor

    def __init__(
        self,
        kernel: tuple[float, ...] | tuple[tuple[float, ...], ...],
        mode: str = "cross_correlation",
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[tuple[int, int], ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()
        # No state_dict restores constants: they keep their values on the meta device.
        device = "cpu" if torch.empty(0).is_meta else None
        weight = torch.tensor(kernel, dtype=torch.get_default_dtype(), device=device)
        if isinstance(padding, int):
            padding = ((padding, padding),) * weight.ndim
        if mode == "convolution":
            weight = weight.flip([*range(weight.ndim)])
        self.register_buffer("weight", weight[None, None], persistent=False)
        self.stride = stride
        self.dilation = dilation
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.sides, self.sides_mode)
        channels = x.shape[1]
        weight = self.weight.expand(channels, *self.weight.shape[1:])
        convolve = F.conv1d if x.ndim == 3 else F.conv2d
        return convolve(x, weight, None, self.stride, 0, self.dilation, channels)

    def extra_repr(self) -> str:
        kernel = f"{self.weight[0, 0].tolist()}, stride={self.stride}"
        return f"{kernel}, padding={self.sides}, padding_mode={self.sides_mode!r}"


class BlurPool(nn.Module):
    """Blurs each channel with binomial weights and samples the result."""

    weight: Tensor

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: tuple[tuple[int, int], ...],
        padding_mode: str = "reflect",
    ) -> None:
        super().__init__()
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size,) * len(padding)
        # No state_dict restores constants: they keep their values on the meta device.
        device = "cpu" if torch.empty(0).is_meta else None
        weight = torch.ones((), device=device)
        for size in kernel_size:
            row = torch.ones(1, device=device)
            for _ in range(size - 1):
                row = (F.pad(row, (0, 1)) + F.pad(row, (1, 0))) / 2
            weight = weight[..., None] * row
        self.register_buffer("weight", weight[None, None], persistent=False)
        self.kernel_size = kernel_size
        self.stride = stride
        self.sides = [amount for pair in reversed(padding) for amount in pair]
        self.sides_mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.sides, self.sides_mode)
        channels = x.shape[1]
        weight = self.weight.expand(channels, *self.weight.shape[1:])
        convolve = F.conv1d if x.ndim == 3 else F.conv2d
        return convolve(x, weight, None, self.stride, groups=channels)

    def extra_repr(self) -> str:
        window = f"{self.kernel_size}, stride={self.stride}"
        return f"{window}, padding={self.sides}, padding_mode={self.sides_mode!r}"

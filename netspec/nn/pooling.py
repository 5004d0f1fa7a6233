"""Minima, sums and standard deviations of moving windows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MinPool1d(nn.MaxPool1d):
    """Minimum over a window; padding is infinite."""

    def forward(self, input: Tensor) -> Tensor:
        return torch.neg(super().forward(-input))


class MinPool2d(nn.MaxPool2d):
    """Minimum over a window; padding is infinite."""

    def forward(self, input: Tensor) -> Tensor:
        return torch.neg(super().forward(-input))


class MinPool3d(nn.MaxPool3d):
    """Minimum over a window; padding is infinite."""

    def forward(self, input: Tensor) -> Tensor:
        return torch.neg(super().forward(-input))


class SumPool1d(nn.AvgPool2d):
    """Sum over a window; padding is zero. A row is an image of height 1."""

    def __init__(
        self,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] | None = None,
        padding: int | tuple[int] = 0,
        ceil_mode: bool = False,
    ) -> None:
        def after(height: int, value: int | tuple[int]) -> tuple[int, int]:
            return height, value if isinstance(value, int) else value[0]

        super().__init__(
            after(1, kernel_size),
            after(1, kernel_size if stride is None else stride),
            after(0, padding),
            ceil_mode,
            divisor_override=1,
        )

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.unsqueeze(2)).squeeze(2)


class SumPool2d(nn.AvgPool2d):
    """Sum over a window; padding is zero."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] = 0,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, divisor_override=1)


class SumPool3d(nn.AvgPool3d):
    """Sum over a window; padding is zero."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] | None = None,
        padding: int | tuple[int, int, int] = 0,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, divisor_override=1)


class StdPool(nn.Module):
    """Population standard deviation of the part of a window that lies in the input."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode

    def windows(self, x: Tensor) -> Tensor:
        sides: list[int] = []
        steps = []
        for axis, size in enumerate(x.shape[2:]):
            kernel, stride, padding = (
                value if isinstance(value, int) else value[axis]
                for value in (self.kernel_size, self.stride, self.padding)
            )
            if not 0 <= 2 * padding <= kernel:
                raise ValueError(f"padding {padding} is not from 0 to half of {kernel}")
            room = size + 2 * padding - kernel
            count = room // stride + 1
            # A last window may reach beyond the end, but not start there.
            if self.ceil_mode and room % stride and count * stride < size + padding:
                count += 1
            sides = [padding, (count - 1) * stride + kernel - size - padding, *sides]
            steps.append((axis + 2, kernel, stride))
        windows = F.pad(x, sides)
        for step in steps:
            windows = windows.unfold(*step)
        return windows.flatten(x.ndim)

    def forward(self, x: Tensor) -> Tensor:
        values, inside = self.windows(x), self.windows(torch.ones_like(x[:1, :1]))
        count = inside.sum(-1, keepdim=True)
        deviation = (values - values.sum(-1, keepdim=True) / count) * inside
        # A norm, since the root of a variance has no gradient at 0.
        spread: Tensor = torch.linalg.vector_norm(deviation, dim=-1)
        return spread / count.squeeze(-1).sqrt()

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        return f"{window}, padding={self.padding}, ceil_mode={self.ceil_mode}"

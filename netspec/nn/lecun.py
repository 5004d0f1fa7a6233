"""Parts of LeCun's networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scaled_tanh(x: Tensor, amplitude: float = 1.7159, slope: float = 2 / 3) -> Tensor:
    """The hyperbolic tangent of the sloped input, at an amplitude."""
    return amplitude * torch.tanh(slope * x)


class ScaledTanh(nn.Module):
    """The hyperbolic tangent of the sloped input, at an amplitude."""

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3) -> None:
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        return self.amplitude * torch.tanh(self.slope * x)

    def extra_repr(self) -> str:
        return f"amplitude={self.amplitude}, slope={self.slope}"


class Subsample(nn.Module):
    """The sum over a window, times a coefficient of the map, plus a bias of the map."""

    def __init__(
        self,
        channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...] | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.elements = 1
        for size in kernel_size:
            self.elements *= size
        self.weight = nn.Parameter(torch.empty(channels))
        if bias:
            self.bias = nn.Parameter(torch.empty(channels))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        # The mean over the window, to begin with.
        nn.init.constant_(self.weight, 1 / self.elements)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        pool = getattr(F, f"avg_pool{len(self.kernel_size)}d")
        mean: Tensor = pool(x, self.kernel_size, self.stride)
        each_map = (-1, *[1] * len(self.kernel_size))
        y = mean * (self.elements * self.weight).view(each_map)
        return y if self.bias is None else y + self.bias.view(each_map)

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}"
        return f"{len(self.weight)}, {window}, bias={self.bias is not None}"


class RBF(nn.Module):
    """The squared Euclidean distance of the last axis to each of several centres."""

    centers: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        centers: Sequence[str | Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        if centers is None:
            self.centers = nn.Parameter(torch.randn(out_features, in_features))
        else:
            rows = [self.numbers(center) for center in centers]
            self.register_buffer("centers", torch.tensor(rows))
        if self.centers.shape != (out_features, in_features):
            raise ValueError(f"{out_features} centres of {in_features} numbers needed")

    @staticmethod
    def numbers(center: str | Sequence[float]) -> list[float]:
        """The numbers of a centre; of a picture a `#` is 1, a `.` is -1."""
        if isinstance(center, str):
            return [{"#": 1.0, ".": -1.0}[sign] for sign in "".join(center.split())]
        return list(center)

    def forward(self, x: Tensor) -> Tensor:
        return (x.unsqueeze(-2) - self.centers).square().sum(-1)

    def extra_repr(self) -> str:
        fixed = not isinstance(self.centers, nn.Parameter)
        return f"{self.centers.shape[1]}, {len(self.centers)}, fixed={fixed}"

"""Random numbers of a tensor's shape."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RandomNormal(nn.Module):
    """Normal numbers of the input's shape; by its own generator, if it has one."""

    def __init__(self, draws: str = "always") -> None:
        super().__init__()
        self.draws = draws
        self.generator: torch.Generator | None = None

    def forward(self, input: Tensor) -> Tensor:
        if self.draws == "training" and not self.training:
            return torch.zeros_like(input)
        return torch.randn(
            input.shape,
            generator=self.generator,
            dtype=input.dtype,
            device=input.device,
        )

    def extra_repr(self) -> str:
        return f"draws={self.draws!r}"


class RandomUniform(nn.Module):
    """Uniform numbers of the input's shape; by its own generator, if it has one."""

    def __init__(
        self,
        draws: str = "always",
        low: float = 0.0,
        high: float = 1.0,
    ) -> None:
        super().__init__()
        self.draws = draws
        self.low = low
        self.high = high
        self.generator: torch.Generator | None = None

    def forward(self, input: Tensor) -> Tensor:
        if self.draws == "training" and not self.training:
            return torch.full_like(input, (self.low + self.high) / 2)
        drawn = torch.rand(
            input.shape,
            generator=self.generator,
            dtype=input.dtype,
            device=input.device,
        )
        return self.low + (self.high - self.low) * drawn

    def extra_repr(self) -> str:
        return f"draws={self.draws!r}, low={self.low}, high={self.high}"

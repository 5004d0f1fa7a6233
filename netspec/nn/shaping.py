"""Another arrangement of the same numbers."""

from __future__ import annotations

import torch
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

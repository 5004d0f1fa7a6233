"""Normalisation along another axis than the last, and without learning."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels, which are axis 1, at each position."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)


class FrozenBatchNorm(nn.Module):
    """Batch normalisation whose scale, shift and statistics are given and stay."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Tensor],
        prefix: str,
        *others: object,
    ) -> None:
        # A norm that has learned counts its batches, which is of no use here.
        state_dict.pop(f"{prefix}num_batches_tracked", None)
        super()._load_from_state_dict(state_dict, prefix, *others)

    def forward(self, x: Tensor) -> Tensor:
        shape = (1, -1, *(1 for _ in x.shape[2:]))
        deviations = (self.running_var.view(shape) + self.eps).rsqrt()
        scale = self.weight.view(shape) * deviations
        shift = self.bias.view(shape) - self.running_mean.view(shape) * scale
        return x * scale + shift

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]}, eps={self.eps}"

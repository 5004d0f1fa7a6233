"""Normalisation along another axis than the last."""

from __future__ import annotations

from torch import Tensor, nn


class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels, which are axis 1, at each position."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)

"""Learned positions."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PositionEmbedding(nn.Module):
    """A learned vector for each place of a sequence [batch, time, ...]: as many as it has places."""

    def __init__(self, num_embeddings: int, embedding_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_embeddings, embedding_dim))
        nn.init.normal_(self.weight)
        # With () in place of None, each call goes on where the one before ended.
        self.past: tuple[int, ...] | None = None

    def forward(self, x: Tensor) -> Tensor:
        start = self.past[0] if self.past else 0
        end = start + x.shape[1]
        if end > len(self.weight):
            raise ValueError(f"{end} places, and vectors for {len(self.weight)}")
        if self.past is not None:
            self.past = (end,)
        return self.weight[start:end].expand(len(x), -1, -1)

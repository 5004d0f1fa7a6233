"""Learned positions, and learned distances between them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PositionEmbedding(nn.Module):
    """A learned vector for each place of a sequence [batch, time, ...]."""

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
        return self.weight[start:end].expand(x.shape[0], -1, -1)


class RelativePositionBias(nn.Module):
    """A learned number for each bucket of distances, [batch, heads, time, time]."""

    def __init__(
        self,
        num_heads: int,
        num_buckets: int = 32,
        max_distance: int = 128,
        bidirectional: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_buckets, num_heads))
        nn.init.normal_(self.weight)
        self.bidirectional = bidirectional
        self.count = num_buckets // 2 if bidirectional else num_buckets
        # Half of the buckets hold one distance each, the others ever more.
        self.exact = self.count // 2
        shared = self.count - self.exact
        ratio = max_distance / self.exact
        starts = [self.exact * ratio ** (k / shared) for k in range(1, shared)]
        self.starts = [-int((1e-9 - start) // 1) for start in starts]

    def forward(self, query: Tensor, key: Tensor | None = None) -> Tensor:
        key = query if key is None else key
        device = self.weight.device
        own = torch.arange(query.shape[1], device=device).unsqueeze(1)
        offset = torch.arange(key.shape[1], device=device) - own
        distance = offset.abs() if self.bidirectional else (-offset).clamp(min=0)
        starts = torch.tensor(self.starts, dtype=torch.int64, device=device)
        far = self.exact + torch.bucketize(distance, starts, right=True)
        bucket = distance.where(distance < self.exact, far)
        if self.bidirectional:
            bucket = bucket + (offset > 0) * self.count
        bias = F.embedding(bucket, self.weight).permute(2, 0, 1)
        return bias.expand(query.shape[0], -1, -1, -1)

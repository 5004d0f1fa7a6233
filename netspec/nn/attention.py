"""Attention that gives a tensor."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Attention(nn.MultiheadAttention):
    """Attention over [batch, time, features]; of the input to itself if it is alone."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        causal: bool = False,
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, batch_first=True)
        self.causal = causal

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
    ) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        mask = None
        if self.causal:
            shape = (query.shape[1], key.shape[1])
            mask = torch.ones(shape, dtype=torch.bool, device=query.device).triu(1)
        output, _ = super().forward(
            query,
            key,
            value,
            need_weights=False,
            attn_mask=mask,
            is_causal=self.causal,
        )
        return output

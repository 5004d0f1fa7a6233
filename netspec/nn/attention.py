"""Attention that gives a tensor."""

from __future__ import annotations

import torch
import torch.nn.functional as F
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


class MaskedAttention(nn.MultiheadAttention):
    """Attention over [batch, time, features] by a mask: true where a query sees a key, or numbers that are added."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, batch_first=True)

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor,
    ) -> Tensor:
        # Truth values of torch's mask hide a key, and it has one for each head of each example.
        hidden = mask.logical_not() if mask.dtype == torch.bool else mask
        shape = (self.num_heads, query.shape[1], key.shape[1])
        hidden = hidden.unsqueeze(1).expand(-1, *shape).flatten(0, 1)
        output, _ = super().forward(
            query,
            key,
            value,
            need_weights=False,
            attn_mask=hidden,
        )
        return output


class GroupedAttention(nn.Module):
    """Attention over [batch, time, features] by a projection each; a head of keys and values may serve several."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        kv_heads: int | None = None,
        head_dim: int | None = None,
        dropout: float = 0.0,
        bias: bool = True,
        causal: bool = False,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.kv_heads = num_heads if kv_heads is None else kv_heads
        self.dropout = dropout
        self.causal = causal
        width = embed_dim // num_heads if head_dim is None else head_dim
        self.q_proj = nn.Linear(embed_dim, self.num_heads * width, bias=bias)
        self.k_proj = nn.Linear(embed_dim, self.kv_heads * width, bias=bias)
        self.v_proj = nn.Linear(embed_dim, self.kv_heads * width, bias=bias)
        self.out_proj = nn.Linear(self.num_heads * width, embed_dim, bias=bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        mixed = F.scaled_dot_product_attention(
            self.q_proj(query).unflatten(-1, (self.num_heads, -1)).transpose(1, 2),
            self.k_proj(key).unflatten(-1, (self.kv_heads, -1)).transpose(1, 2),
            self.v_proj(value).unflatten(-1, (self.kv_heads, -1)).transpose(1, 2),
            None if mask is None else mask.unsqueeze(1),
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=self.causal,
            enable_gqa=self.kv_heads != self.num_heads,
        )
        output: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return output

"""Attention that gives a tensor. Causal attention keeps keys and values while a sequence is generated."""

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
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, batch_first=True)

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
    ) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        output, _ = super().forward(query, key, value, need_weights=False)
        return output


class CausalAttention(nn.MultiheadAttention):
    """Attention over [batch, time, features] in which no place sees a later one."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__(embed_dim, num_heads, dropout, bias, batch_first=True)
        # With () in place of None, each call goes on where the one before ended.
        self.past: tuple[Tensor, ...] | None = None

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
    ) -> Tensor:
        if self.past is not None and key is None:
            return self.go_on(query, *self.past)
        key = query if key is None else key
        value = key if value is None else value
        shape = (query.shape[1], key.shape[1])
        mask = torch.ones(shape, dtype=torch.bool, device=query.device).triu(1)
        output, _ = super().forward(
            query,
            key,
            value,
            need_weights=False,
            attn_mask=mask,
            is_causal=True,
        )
        return output

    def go_on(self, x: Tensor, *past: Tensor) -> Tensor:
        """Attention of further places to themselves and to the past ones."""
        mapped = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        parts = (*x.shape[:2], 3, self.num_heads, -1)
        heads = mapped.view(parts).permute(2, 0, 3, 1, 4)
        seen = past[0].shape[2] if past else 0
        keys, values = heads[1:]
        if past:
            keys = torch.cat((past[0], keys), 2)
            values = torch.cat((past[1], values), 2)
        self.past = keys, values
        shape = (x.shape[1], keys.shape[2])
        mask = torch.ones(shape, dtype=torch.bool, device=x.device).tril(seen)
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(heads[0], keys, values, mask, dropout)
        output: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return output


class MaskedAttention(nn.MultiheadAttention):
    """Attention over [batch, time, features], by a mask of what queries see."""

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
        # Truth values of torch's mask hide a key, one for each head of each example.
        hidden = mask.logical_not() if mask.dtype == torch.bool else mask
        shape = (self.num_heads, query.shape[1], key.shape[1])
        hidden = hidden.unsqueeze(1) if hidden.dim() == 3 else hidden
        hidden = hidden.expand(-1, *shape).flatten(0, 1)
        output, _ = super().forward(
            query,
            key,
            value,
            need_weights=False,
            attn_mask=hidden,
        )
        return output

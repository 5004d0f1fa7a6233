"""Attention by separate projections, whose heads may be fewer for keys and values, or turned by their places."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GroupedAttention(nn.Module):
    """Attention over [batch, time, features], with fewer heads of keys and values."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        kv_heads: int | None = None,
        head_dim: int | None = None,
        dropout: float = 0.0,
        bias: bool = True,
        causal: bool = False,
        rotary: float | None = None,
        interleaved: bool = False,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.kv_heads = num_heads if kv_heads is None else kv_heads
        self.dropout = dropout
        self.causal = causal
        self.rotary = rotary
        self.interleaved = interleaved
        width = embed_dim // num_heads if head_dim is None else head_dim
        self.q_proj = nn.Linear(embed_dim, self.num_heads * width, bias=bias)
        self.k_proj = nn.Linear(embed_dim, self.kv_heads * width, bias=bias)
        self.v_proj = nn.Linear(embed_dim, self.kv_heads * width, bias=bias)
        self.out_proj = nn.Linear(self.num_heads * width, embed_dim, bias=bias)
        # With () in place of None, each call goes on where the one before ended.
        self.past: tuple[Tensor, ...] | None = None

    def forward(
        self,
        query: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        key = query if key is None else key
        value = key if value is None else value
        queries = self.q_proj(query).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        keys = self.k_proj(key).unflatten(-1, (self.kv_heads, -1)).transpose(1, 2)
        values = self.v_proj(value).unflatten(-1, (self.kv_heads, -1)).transpose(1, 2)
        seen = self.past[0].shape[2] if self.past else 0
        if self.rotary is not None:
            queries = rotary(queries, self.rotary, self.interleaved, seen)
            keys = rotary(keys, self.rotary, self.interleaved, seen)
        if self.past:
            keys = torch.cat((self.past[0], keys), 2)
            values = torch.cat((self.past[1], values), 2)
            shape = (queries.shape[2], keys.shape[2])
            mask = torch.ones(shape, dtype=torch.bool, device=query.device).tril(seen)
        elif mask is not None and mask.dim() == 3:
            mask = mask.unsqueeze(1)
        if self.past is not None:
            self.past = keys, values
        mixed = F.scaled_dot_product_attention(
            queries,
            keys,
            values,
            mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=self.causal and mask is None,
            enable_gqa=self.kv_heads != self.num_heads,
        )
        output: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return output


def rotary(
    x: Tensor,
    base: float = 10000.0,
    interleaved: bool = False,
    start: int = 0,
) -> Tensor:
    """Pairs of features of [..., time, features], turned by angles that grow."""
    width = x.shape[-1]
    rates = 1.0 / base ** (torch.arange(0, width, 2, device=x.device) / width)
    places = torch.arange(start, start + x.shape[-2], device=x.device)
    angles = places.unsqueeze(1) * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    if interleaved:
        one, other = x[..., ::2], x[..., 1::2]
    else:
        one, other = x.chunk(2, -1)
    pair = (one * cos - other * sin, other * cos + one * sin)
    if interleaved:
        return torch.stack(pair, -1).flatten(-2)
    # Halves of one feature would be laid out in another order.
    return torch.cat(pair, -1).contiguous()

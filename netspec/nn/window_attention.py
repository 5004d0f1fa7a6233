"""Attention within windows of a map."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WindowAttention(nn.Module):
    """Attention within windows of [batch, height, width, features], shifted or not."""

    # Zeros fill the last windows. Places that a shift brings together from opposite
    # edges do not see each other.
    relative_position_index: Tensor

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        window: tuple[int, int],
        shift: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__()
        if any(by >= size for by, size in zip(shift, window, strict=True)):
            raise ValueError(f"a shift of {shift} moves windows of {window} too far")
        self.num_heads = num_heads
        self.window = window
        self.shift = shift
        rows, columns = 2 * window[0] - 1, 2 * window[1] - 1
        table = nn.init.trunc_normal_(torch.empty(rows * columns, num_heads), std=0.02)
        self.relative_position_bias_table = nn.Parameter(table)
        places = torch.arange(window[0] * window[1])
        offsets = places // window[1] * columns + places % window[1]
        index = offsets.unsqueeze(1) - offsets + rows * columns // 2
        self.register_buffer("relative_position_index", index.flatten())
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, height, width, features = x.shape
        rows, columns = self.window
        x = F.pad(x, (0, 0, 0, -width % columns, 0, -height % rows))
        size = x.shape[1], x.shape[2]
        down = self.shift[0] if size[0] > rows else 0
        right = self.shift[1] if size[1] > columns else 0
        if down or right:
            x = torch.roll(x, (-down, -right), (1, 2))
        x = self.windows(x)
        places = x.shape[1]
        shape = x.shape[0], places, 3, self.num_heads, features // self.num_heads
        q, k, v = self.qkv(x).reshape(shape).permute(2, 0, 3, 1, 4)
        scores = (q * shape[-1] ** -0.5) @ k.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index]
        bias = bias.view(places, places, self.num_heads).permute(2, 0, 1).contiguous()
        scores = scores + bias
        if down or right:
            mask = self.apart(size, down, right, x)
            scores = scores.view(batch, mask.shape[0], *scores.shape[1:]) + mask
            scores = scores.flatten(0, 1)
        x = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = self.proj(x)
        x = x.view(batch, size[0] // rows, size[1] // columns, rows, columns, features)
        x = x.permute(0, 1, 3, 2, 4, 5).reshape(batch, *size, features)
        if down or right:
            x = torch.roll(x, (down, right), (1, 2))
        return x[:, :height, :width].contiguous()

    def windows(self, x: Tensor) -> Tensor:
        """[batch, height, width, features] as [batch x windows, places, features]."""
        (batch, height, width, features), (rows, columns) = x.shape, self.window
        x = x.view(batch, height // rows, rows, width // columns, columns, features)
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, rows * columns, features)

    def apart(
        self,
        size: tuple[int, int],
        down: int,
        right: int,
        like: Tensor,
    ) -> Tensor:
        """-100 for places that a shift has joined: [windows, 1, places, places]."""
        part = []
        for n, window, by in zip(size, self.window, (down, right), strict=True):
            place = torch.arange(n, device=like.device)
            part.append((place >= n - window).long() + (place >= n - by))
        regions = self.windows((3 * part[0].unsqueeze(1) + part[1])[None, :, :, None])
        same = regions == regions.transpose(1, 2)
        return like.new_zeros(same.shape).masked_fill(~same, -100.0).unsqueeze(1)

    def extra_repr(self) -> str:
        return f"num_heads={self.num_heads}, window={self.window}, shift={self.shift}"

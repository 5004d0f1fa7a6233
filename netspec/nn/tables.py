"""Constant tables, and parts of tables."""

from __future__ import annotations

import torch
from torch import Tensor


def sinusoid(length: int, width: int) -> Tensor:
    """Sines and cosines of positions in turn, wavelengths from 2 pi to 10000 x 2 pi."""
    rates = 10000.0 ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(length).unsqueeze(1) * rates
    return torch.stack((angles.sin(), angles.cos()), 2).reshape(length, width)


def causal_mask(queries: int, keys: int) -> Tensor:
    """True where a key is not after its query."""
    return torch.ones(queries, keys, dtype=torch.bool).tril()


def window_mask(queries: int, keys: int, width: int) -> Tensor:
    """True where a key is at most `width` places from its query."""
    return (torch.arange(queries).unsqueeze(1) - torch.arange(keys)).abs() <= width


def padding_mask(x: Tensor, lengths: Tensor) -> Tensor:
    """True where a place of [batch, time, ...] is no padding; [batch, 1, time]."""
    places = torch.arange(x.shape[1], device=lengths.device)
    return (places < lengths.unsqueeze(1)).unsqueeze(1)


def relative_index(height: int, width: int) -> Tensor:
    """The number of each pair of places' offset in a table of all of a window's."""
    rows = torch.arange(height).repeat_interleave(width)
    columns = torch.arange(width).repeat(height)
    down = rows.unsqueeze(1) - rows + height - 1
    right = columns.unsqueeze(1) - columns + width - 1
    return down * (2 * width - 1) + right


def slice_axis(x: Tensor, dim: int, start: int = 0, end: int | None = None) -> Tensor:
    """The places from `start` up to `end` along an axis."""
    return x[(slice(None),) * dim + (slice(start, end),)]


def slice_like(x: Tensor, other: Tensor, dim: int, like: int) -> Tensor:
    """As many places along an axis, from the first, as the other has along its own."""
    return x.narrow(dim, 0, other.shape[like])


def take_along(x: Tensor, indices: Tensor, dim: int) -> Tensor:
    """The elements at indices along an axis; other axes of size 1 are stretched."""
    given, asked = list(x.shape), list(indices.shape)
    given[dim] = asked[dim] = 1
    shape = [max(sizes) for sizes in zip(given, asked, strict=True)]
    x_shape, indices_shape = shape.copy(), shape.copy()
    x_shape[dim], indices_shape[dim] = x.shape[dim], indices.shape[dim]
    return torch.gather(x.expand(x_shape), dim, indices.expand(indices_shape))

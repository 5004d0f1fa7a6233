"""Layers with moving windows as loops over the output's positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

CONVOLUTIONS: tuple[Any, ...] = (F.conv1d, F.conv2d, F.conv3d)


def _per_axis(value: Any, axes: int) -> Sequence[int]:
    found = (value,) * axes if isinstance(value, int) else value
    return found[-axes:]


def _at(x: Tensor, places: Sequence[Sequence[int]]) -> Tensor:
    """The elements at the given places of each spatial axis."""
    for axis, indices in enumerate(places):
        x = x.index_select(axis + 2, torch.tensor(indices, dtype=torch.int64))
    return x


def _starts(size: int, span: int, stride: int, padding: int, ceil_mode: bool) -> list[int]:
    """Where the windows start, seen from the first element."""
    starts = list(range(-padding, size + padding - span + 1, stride))
    following = starts[-1] + stride if starts else -padding
    if ceil_mode and (not starts or starts[-1] + span < size + padding) and following < size:
        starts.append(following)
    return starts


def _pooled(module: Any, x: Tensor, reduce: Callable[[Tensor], Tensor]) -> Tensor:
    """What `reduce` makes of the elements [batch, channels, n] of each window that lie in the input."""
    axes = x.ndim - 2
    places = []
    for axis, size in enumerate(x.shape[2:]):
        kernel, stride, padding, dilation = (
            _per_axis(getattr(module, name, 1), axes)[axis] for name in ("kernel_size", "stride", "padding", "dilation")
        )
        starts = _starts(size, dilation * (kernel - 1) + 1, stride, padding, module.ceil_mode)
        taps = [[start + dilation * tap for tap in range(kernel)] for start in starts]
        places.append([[place for place in places if 0 <= place < size] for places in taps])
    found = [reduce(_at(x, window).flatten(2)) for window in product(*places)]
    return torch.stack(found, 2).reshape(*x.shape[:2], *(len(along) for along in places))


def min_pool(module: Any, x: Tensor) -> Tensor:
    return _pooled(module, x, lambda window: window.min(-1).values)


def sum_pool(module: Any, x: Tensor) -> Tensor:
    return _pooled(module, x, lambda window: window.sum(-1))


def std_pool(module: Any, x: Tensor) -> Tensor:
    return _pooled(module, x, lambda window: window.std(-1, correction=0))


def locally_connected(module: Any, x: Tensor) -> Tensor:
    """At every position a convolution of its own, of which one output fits."""
    x = F.pad(x, module.sides, module.sides_mode)
    out, *size = module.output_shape
    kernels = module.weight.reshape(out, -1, *module.weight.shape[1:])
    found = []
    for number, position in enumerate(product(*map(range, size))):
        windows = zip(position, module.kernel_size, module.stride, module.dilation, strict=True)
        places = [[i * stride + dilation * tap for tap in range(kernel)] for i, kernel, stride, dilation in windows]
        found.append(CONVOLUTIONS[len(size) - 1](_at(x, places), kernels[:, number], groups=module.groups).flatten(1))
    y = torch.stack(found, 2).reshape(-1, *module.output_shape)
    return y if module.bias is None else y + module.bias


def depthwise(module: Any, x: Tensor) -> Tensor:
    """Channel by channel."""
    x = F.pad(x, module.sides, module.sides_mode)
    options = {"stride": module.stride, "dilation": getattr(module, "dilation", 1)}
    return torch.cat([CONVOLUTIONS[x.ndim - 3](map, module.weight, **options) for map in x.split(1, 1)], 1)


WINDOWS: dict[str, Callable[[Any, Tensor], Tensor]] = {
    **{f"netspec.nn.MinPool{axes}d": min_pool for axes in (1, 2, 3)},
    **{f"netspec.nn.SumPool{axes}d": sum_pool for axes in (1, 2, 3)},
    "netspec.nn.StdPool": std_pool,
    "netspec.nn.LocallyConnected": locally_connected,
    "netspec.nn.Filter": depthwise,
    "netspec.nn.BlurPool": depthwise,
}
"""By the module's dotted name: a function of the module and its input."""

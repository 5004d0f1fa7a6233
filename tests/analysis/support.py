"""What a live network's gradient sees of its input: the receptive field as it is measured.

Weights are positive means, so that no two paths cancel; maxima are means, activations and normalisations leave values
as they are. The gradient of one output element is then not zero exactly where the field is.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from netspec import api
from netspec.backends.live import build
from netspec.driver.generation import source_of
from netspec.graph import Graph
from netspec.program.naming import class_name
from netspec.shape import Shape

IDENTITIES = {
    *("relu", "relu_", "relu6", "hardtanh", "hardtanh_", "hardswish", "hardswish_", "hardsigmoid", "sigmoid", "tanh"),
    *("silu", "silu_", "gelu", "leaky_relu", "dropout", "softmax"),
    *("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm"),
}


class Linear(TorchFunctionMode):
    """Makes a network a linear map with positive weights."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in IDENTITIES:
            return args[0]
        if func in MAX_POOLS:
            return mean_pool(func, *args, **(kwargs or {}))
        if func in ADAPTIVE:
            return ADAPTIVE[func](*args[:2])
        if func in CONVOLUTIONS:
            return convolve(func, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


MAX_POOLS = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)

ADAPTIVE = {
    functional.adaptive_max_pool1d: functional.adaptive_avg_pool1d,
    functional.adaptive_max_pool2d: functional.adaptive_avg_pool2d,
    functional.adaptive_max_pool3d: functional.adaptive_avg_pool3d,
}


CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)


def convolve(conv: Any, x: torch.Tensor, weight: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """The convolution; where all weights are equal, of channels' sum by one kernel, or of each channel by its own."""
    options = inspect.signature(one_group).bind(*args, **kwargs).arguments
    if not torch.equal(weight, weight.flatten()[:1].expand_as(weight)):
        return conv(x, weight, *args, **kwargs)  # type: ignore[no-any-return]
    if weight.shape[1] == x.shape[1]:
        found = conv(x.sum(1, keepdim=True), weight[:1, :1], **one_group(**options))
        return found.expand(-1, len(weight), *(-1,) * (found.ndim - 2))  # type: ignore[no-any-return]
    if weight.shape[:2] == (x.shape[1], 1):
        found = conv(x.flatten(0, 1)[:, None], weight[:1], **one_group(**options))
        return found.reshape(len(x), -1, *found.shape[2:])  # type: ignore[no-any-return]
    return conv(x, weight, *args, **kwargs)  # type: ignore[no-any-return]


def one_group(
    bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> dict[str, Any]:
    """A convolution's options but for its bias and groups."""
    return {"stride": stride, "padding": padding, "dilation": dilation}


def mean_pool(
    pool: Any, x: torch.Tensor, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, **options: Any
) -> torch.Tensor:
    """The mean over a max pool's windows; what lies outside counts as zero."""
    if dilation in (1, (1,), (1, 1), (1, 1, 1)):
        mean = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[x.ndim - 3]
        return mean(x, kernel, stride, padding, options.get("ceil_mode", False))
    axes = x.ndim - 2
    wanted = pool(x.detach(), kernel, stride, padding, dilation, options.get("ceil_mode", False)).shape[2:]
    for axis in range(axes):
        k, s, p, d = (
            each if isinstance(each, int) else each[axis] for each in (kernel, stride or kernel, padding, dilation)
        )
        at = torch.arange(wanted[axis])[:, None] * s - p + torch.arange(k) * d
        inside = (at >= 0) & (at < x.shape[axis + 2])
        picked = x.movedim(axis + 2, -1)[..., at.clamp(0, x.shape[axis + 2] - 1)] * inside
        x = picked.mean(-1).movedim(-1, axis + 2)
    return x


LARGEST = 2**26
"""Numbers of a module that is made; larger ones are linear maps of all positions, which no field gets beyond."""


class Reached(Exception):
    """The element's module has run; what follows need not."""


def live(graph: Graph, spec: api.Spec) -> torch.nn.Module:
    """The network of `graph`, every weight the mean over what it meets."""
    with torch.device("meta"):
        module = build(source_of(spec, graph), class_name(spec.name))
    module = module.double().eval()
    for part in module.modules():
        tensors = [*part.parameters(recurse=False), *part.buffers(recurse=False)]
        if sum(tensor.numel() for tensor in tensors) > LARGEST:
            continue
        part.to_empty(device="cpu", recurse=False)
        for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False)):
            torch.nn.init.constant_(tensor, 1 / max(tensor[0].numel(), 1) if tensor.ndim > 1 else 1)
    return module


def outputs(module: torch.nn.Module, keys: Collection[str], x: torch.Tensor) -> dict[str, torch.Tensor]:
    """What nodes give for `x`, ``path#2`` being the second call of a module; the network runs no further."""
    caught: dict[str, torch.Tensor] = {}
    calls: Counter[str] = Counter()

    def catch(path: str, output: torch.Tensor) -> None:
        calls[path] += 1
        key = path if calls[path] == 1 else f"{path}#{calls[path]}"
        if key in keys:
            caught[key] = output
        if len(caught) == len(keys):
            raise Reached

    for path in {key.partition("#")[0] for key in keys}:
        module.get_submodule(path).register_forward_hook(lambda _, __, output, path=path: catch(path, output))
    with suppress(Reached), Linear():
        module(x)
    return caught


def support(output: torch.Tensor, x: torch.Tensor, place: Shape) -> list[tuple[int, int]]:
    """First and last element along each spatial axis of `x` that the element at `place` sees; none in padding alone."""
    (gradient,) = torch.autograd.grad(output[(0, slice(None), *place)].sum(), x, retain_graph=True)
    seen = gradient[0].abs().sum(0) > 0
    found: list[tuple[int, int]] = []
    if not seen.any():
        return found
    for axis in range(seen.ndim):
        others = tuple(other for other in range(seen.ndim) if other != axis)
        where = torch.nonzero(seen.any(others) if others else seen).flatten().tolist()
        found.append((where[0], where[-1]))
    return found

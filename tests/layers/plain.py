"""Classes of `netspec.nn` a second time, each as plain torch has it: what they compute, what it costs, its gradient.

A class whose own way of computing costs torch more than its formula says, or nothing that torch counts, is compared
with such a formulation, and the formulation's cost with the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from netspec.contract.calls import build
from netspec.program import Call
from netspec.shape import Shape
from tests.layers.plain_windows import WINDOWS

CONVOLUTIONS: tuple[Any, ...] = (F.conv1d, F.conv2d, F.conv3d)


def padded(module: Any, x: Tensor) -> Tensor:
    """The input with its padding; none where there are no amounts, which torch's other modes do not take."""
    return F.pad(x, module.padding, module.padding_mode) if module.padding else x


def table_conv(module: Any, x: Tensor) -> Tensor:
    """One convolution for each output map, of the input maps that it sees."""
    x = padded(module, x)
    kernels = module.weight.split([len(row) for row in module.connections])
    conv = CONVOLUTIONS[x.dim() - 3]
    maps = [
        conv(x[:, list(row)], kernel[None], None, module.stride, 0, module.dilation)
        for row, kernel in zip(module.connections, kernels, strict=True)
    ]
    y = torch.cat(maps, 1)
    if module.bias is None:
        return y
    return y + (module.bias if module.bias.dim() > 1 else module.bias.reshape(-1, *[1] * (y.dim() - 2)))


def unshared_bias_conv(module: Any, x: Tensor) -> Tensor:
    """One convolution for each output map, of its group's input maps; then each unit's own bias."""
    x = padded(module, x)
    maps, seen = module.weight.shape[:2]
    in_group = maps // module.groups
    conv = CONVOLUTIONS[x.dim() - 3]
    outputs = []
    for number in range(maps):
        first = number // in_group * seen
        kernel = module.weight[number : number + 1]
        outputs.append(conv(x[:, first : first + seen], kernel, None, module.stride, 0, module.dilation))
    return torch.cat([y + bias for y, bias in zip(outputs, module.bias, strict=True)], 1)


def subsample(module: Any, x: Tensor) -> Tensor:
    """The windows, summed."""
    axes = len(module.kernel_size)
    for axis, (kernel, stride) in enumerate(zip(module.kernel_size, module.stride, strict=True)):
        x = x.unfold(axis + 2, kernel, stride)
    sums = x.sum(tuple(range(-axes, 0)))
    biases = torch.zeros_like(module.weight) if module.bias is None else module.bias
    maps = [sums[:, c] * weight + bias for c, (weight, bias) in enumerate(zip(module.weight, biases, strict=True))]
    return torch.stack(maps, 1)


def rbf(module: Any, x: Tensor) -> Tensor:
    """The product of each difference with itself."""
    difference = torch.stack([x - center for center in module.centers], -2)
    return (difference.unsqueeze(-2) @ difference.unsqueeze(-1)).flatten(-3)


def scaled_tanh(module: Any, x: Tensor) -> Tensor:
    """By exponentials."""
    up, down = (module.slope * x).exp(), (-module.slope * x).exp()
    result: Tensor = module.amplitude * (up - down) / (up + down)
    return result


PLAIN: dict[str, Callable[[Any, Tensor], Tensor]] = {
    **WINDOWS,
    "netspec.nn.TableConv": table_conv,
    "netspec.nn.UnsharedBiasConv": unshared_bias_conv,
    "netspec.nn.Subsample": subsample,
    "netspec.nn.RBF": rbf,
    "netspec.nn.ScaledTanh": scaled_tanh,
}


def assert_plain(call: Call, inputs: Sequence[Shape], batch: int) -> int:
    """Holds a module against its plain formulation, gradients too; returns the latter's multiply-accumulates."""
    module = build(call, "cpu").double()
    for parameter in module.parameters():
        torch.nn.init.uniform_(parameter, -1, 1)
    x = torch.rand(batch, *inputs[0], dtype=torch.float64).requires_grad_()
    learned = [x, *module.parameters()]
    counter = FlopCounterMode(display=False)
    with counter:
        expected = PLAIN[call.target](module, x)
    found = module(x)
    torch.testing.assert_close(found, expected)
    weights = torch.rand_like(found)
    torch.testing.assert_close(
        torch.autograd.grad((found * weights).sum(), learned), torch.autograd.grad((expected * weights).sum(), learned)
    )
    return counter.get_total_flops() // 2

"""Makes of a call what generated source makes of it, and asks torch."""

from __future__ import annotations

import importlib
import inspect
import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from netspec.diagnostics.words import words
from netspec.layers.base import Layer, Refusal
from netspec.program import Call, Constant, Function, Parameter
from netspec.shape import Shape

SIGNS = {"+": operator.add, "*": operator.mul, "-": operator.sub, "/": operator.truediv}


def said(refusal: Refusal, part: str) -> str | None:
    """What a refusal says: in its own words, or in those of its fact."""
    own: str | None = getattr(refusal, part)
    return own or (getattr(words(refusal.fact), part) if refusal.fact else None)


class NoSuchTarget(LookupError):
    """A target that its library does not have, such as ``torch.nn.ReflectionPad4d``."""


def resolve(target: str) -> Any:
    """The object with a dotted name."""
    module, _, name = target.rpartition(".")
    try:
        holder = importlib.import_module(module)
    except ModuleNotFoundError:
        holder = resolve(module)
    if not hasattr(holder, name):
        raise NoSuchTarget(target)
    return getattr(holder, name)


class _Parameter(nn.Module):
    def __init__(self, values: Tensor, sign: str) -> None:
        super().__init__()
        self.sign = sign
        self.values = nn.Parameter(values)
        self._parameters[""] = self._parameters.pop("values")

    def forward(self, given: Any) -> Any:
        values = self._parameters[""]
        assert values is not None
        return SIGNS[self.sign](values, given) if self.sign else values.expand(given, *values.shape[1:])


class _Constant(nn.Module):
    def __init__(self, values: Tensor, saved: bool) -> None:
        super().__init__()
        self.register_buffer("values", values, persistent=saved)
        self._buffers[""] = self._buffers.pop("values")
        self._non_persistent_buffers_set = set() if saved else {""}

    def forward(self, batch: int) -> Any:
        values = self._buffers[""]
        assert values is not None
        return values.expand(batch, *values.shape)


class _Function(nn.Module):
    def __init__(self, call: Function) -> None:
        super().__init__()
        self.call = call

    def forward(self, *inputs: Tensor) -> Any:
        call = self.call
        if call.target in SIGNS:
            return reduce(SIGNS[call.target], (*inputs, *call.args))
        kwargs = written(call)
        if call.target.startswith("."):
            return getattr(inputs[0], call.target[1:])(*inputs[1:], *call.args, **kwargs)
        return resolve(call.target)(*([list(inputs)] if call.pack else inputs), *call.args, **kwargs)


def written(call: Call) -> dict[str, Any]:
    """The keyword arguments that generated source writes out."""
    return {k: v for k, v in call.kwargs.items() if k not in call.defaults or call.defaults[k] != v}


def build(call: Call, device: str) -> nn.Module:
    """The module that a call makes."""
    with torch.device(device):
        if isinstance(call, Function):
            return _Function(call)
        made = resolve(call.target)(*call.args, **written(call))
        if isinstance(call, Constant):
            return _Constant(made, call.saved)
        return _Parameter(made, call.sign) if isinstance(call, Parameter) else made


def tensors(layer: Layer, inputs: Sequence[Shape], batch: int, device: str) -> list[Any]:
    """Inputs as the layer takes them."""
    if not inputs:
        return [batch]
    found = [torch.rand(batch, *shape, device=device) for shape in inputs]
    if len(inputs) > 1 and (longest := layer.length_bound(tuple(inputs))) is not None:
        found[1] = torch.full_like(found[1], longest)
    # Other integers are indices, of which every layer has the first.
    return [
        (x > 0.5 if dtype == torch.bool else x // 1).to(dtype) if dtype != torch.float32 else x
        for x, dtype in zip(found, types_taken(layer, len(inputs)), strict=True)
    ]


def types_taken(layer: Layer, inputs: int) -> list[torch.dtype]:
    """An element type that each of a layer's inputs may have: floats where there is a choice."""
    kinds = {"int": torch.int64, "bool": torch.bool}
    return [kinds.get(layer.kind_at(at), torch.float32) for at in range(inputs)]


def results(value: Any) -> tuple[Tensor, ...]:
    """Outputs as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def run(layer: Layer, call: Call, inputs: Sequence[Shape], batch: int, device: str) -> tuple[tuple[Tensor, ...], int]:
    """Outputs, and the multiply-accumulates that torch counts."""
    module = build(call, device)
    counter = FlopCounterMode(display=False)
    with counter:
        outputs = results(module(*tensors(layer, inputs, batch, device)))
    return outputs, counter.get_total_flops() // 2


def check_defaults(call: Call) -> None:
    """Holds that what need not be written is the target's own default, and that all arguments have a place."""
    target = resolve(call.target) if "." in call.target.strip(".") else None
    try:
        signature = inspect.signature(target)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return
    signature.bind_partial(*call.args, **call.kwargs)
    for name, default in call.defaults.items():
        assert signature.parameters[name].default == default, f"{call.target}: {name}"

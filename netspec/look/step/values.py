"""The values of a layer by its formula: one number of its output worked out from those of its input and its weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from netspec.layers.activation import Activation
from netspec.layers.base import Window
from netspec.layers.checks import unset
from netspec.layers.conv import Conv
from netspec.look.step.calls import Call
from netspec.look.step.worked import Index, Style, Worked, places, unravelled

Told = tuple[str, str, float] | None
"""A formula in symbols and in numbers, and its value; None where a layer has none here."""

AXES = {1: "u", 2: "uv", 3: "tuv"}
"""Letters for the places of a kernel."""


def worked_values(call: Call, style: Style) -> list[Worked]:
    """The numbers of a call's first output that are worked out; none of a layer without a formula here."""
    made = call.made[0]
    found = []
    for index in places(made):
        told = told_value(call, index, style)
        if told is not None:
            found.append(Worked(named("y", index, call), *told, float(made.detach()[index])))
    return found


def told_value(call: Call, index: Index, style: Style) -> Told:
    """The formula of the output's number at an index."""
    formula = _FORMULAS.get(call.layer.op)
    if formula is not None:
        return formula(call, index, style)
    return _moved(call, index, style)


def named(symbol: str, index: Index, call: Call) -> str:
    """``y[0, 3]``: a tensor's element; the example is left out where there is but one."""
    return at(symbol, index if len(call.made[0]) > 1 else index[1:])


def at(symbol: str, index: Index | tuple[Any, ...]) -> str:
    """A symbol with its index."""
    return f"{symbol}[{', '.join(map(str, index))}]" if index else symbol


def input_name(call: Call, given: int) -> str:
    """``a``, or ``a1`` and ``a2`` where a call takes several inputs."""
    return "a" if len(call.given) == 1 else f"a{given + 1}"


def weight_letter(call: Call, name: str) -> str:
    """The symbol of a learned tensor: ``w`` and ``b``, of norms ``gamma`` and ``beta``; its own name elsewhere."""
    plain = call.layer.op in ("linear", "conv", "conv_transpose", "locally_connected")
    return {"": "w", "weight": "w" if plain else "gamma", "bias": "b" if plain else "beta"}.get(name, name)


def bias_index(bias: Tensor, index: Index, call: Call) -> Index:
    """The index of the bias that belongs to an output's number."""
    return (index[-1],) if call.layer.op == "linear" else index[1 : 1 + bias.ndim]


def _place(index: Index, shape: Any) -> int:
    flat = 0
    for i, size in zip(index, shape, strict=True):
        flat = flat * size + i
    return flat


def _factors(call: Call, index: Index) -> list[tuple[float, float]]:
    """The weight and the input's number of each term that a linear layer adds up."""
    given = call.given[0].detach().flatten()
    return [(weight, float(given[place])) for place, weight in call.row(_place(index, call.made[0].shape))]


def _linear(call: Call, index: Index, style: Style) -> Told:
    head = index if len(call.made[0]) > 1 else index[1:]
    symbols = f"sum_j {at('w', (index[-1], 'j'))}*{at('a', (*head[:-1], 'j'))}"
    return _with_bias(call, index, style, symbols)


def _conv(call: Call, index: Index, style: Style) -> Told:
    """A window of the input times a kernel, the place of the window put in."""
    layer: Any = call.layer
    conv: Conv = layer if call.layer.op == "conv" else layer.conv(call.shapes)
    if not unset(conv.connections) or conv.padding_mode != "zeros":
        return None
    _, stride, dilation, padding = conv.geometry(call.shapes)
    letters = AXES.get(len(stride), "")
    if not letters:
        return None
    seen = []
    for letter, i, s, d, (before, _) in zip(letters, index[2:], stride, dilation, padding, strict=True):
        start, step = i * s - before, letter if d == 1 else f"{d}{letter}"
        seen.append(step if not start else f"{start}+{step}" if start > 0 else f"{step}-{-start}")
    example = index[:1] if len(call.made[0]) > 1 else ()
    if call.layer.op == "conv":
        group = index[1] // (conv.out // conv.groups) * (call.shapes[0][0] // conv.groups)
        channel = f"{group}+c" if group else "c"
        symbols = f"sum_c{letters} {at('w', (index[1], 'c', *letters))}*{at('a', (*example, channel, *seen))}"
        return _with_bias(call, index, style, symbols)
    symbols = f"sum_{letters} {at('w', tuple(letters))}*{at('a', (*example, index[1], *seen))}"
    return _with_bias(call, index, style, symbols)


def _with_bias(call: Call, index: Index, style: Style, symbols: str) -> Told:
    terms: list[tuple[float, ...]] = list(_factors(call, index))
    value = sum(weight * given for weight, given in terms)
    numbers = style.added(terms)
    bias = call.weights.get("bias")
    if bias is not None:
        own = float(bias.detach()[bias_index(bias, index, call)])
        symbols += f" + {at('b', bias_index(bias, index, call))}"
        numbers, value = _plus(numbers, own, style), value + own
    return symbols, numbers, value


def _plus(numbers: str, value: float, style: Style) -> str:
    text = style.number(value)
    return f"{numbers} - {text[1:]}" if text.startswith("-") else f"{numbers} + {text}"


def _window(call: Call, index: Index) -> tuple[slice, ...] | None:
    """The part of an input that a pool's window sees, without what lies in the padding."""
    window = call.layer.receptive_field(call.shapes)
    if not isinstance(window, Window) or getattr(call.layer, "dilation", 1) != 1:
        return None
    shape = call.shapes[0]
    slices = [slice(index[0], index[0] + 1), slice(index[1], index[1] + 1)]
    for i, size, k, s, p in zip(index[2:], shape[1:], window.kernel, window.stride, window.padding, strict=True):
        start = i * s - p
        slices.append(slice(max(start, 0), min(start + k, size)))
    return tuple(slices)


def _over_window(call: Call, window: tuple[slice, ...]) -> str:
    ends = [f"{part.start}:{part.stop}" if part.stop - part.start > 1 else str(part.start) for part in window]
    return at("a", tuple(ends if len(call.made[0]) > 1 else ends[1:]))


def _max_pool(call: Call, index: Index, style: Style) -> Told:
    window = _window(call, index)
    if window is None:
        return None
    values = call.given[0].detach()[window].flatten().tolist()
    shown = [style.number(each) for each in values[: 2 * style.terms]]
    if rest := values[len(shown) :]:
        shown.append(f"... ({len(rest)} more: at most {style.number(max(rest))})")
    numbers = ", ".join(shown)
    return f"max({_over_window(call, window)})", f"max({numbers})", max(values)


def _avg_pool(call: Call, index: Index, style: Style) -> Told:
    window = _window(call, index)
    if window is None:
        return None
    terms = _factors(call, index)
    return f"mean({_over_window(call, window)})", style.added(terms), sum(a * b for a, b in terms)


def _global_avg_pool(call: Call, index: Index, style: Style) -> Told:
    terms = _factors(call, index)
    example = index[:1] if len(call.made[0]) > 1 else ()
    return f"mean({at('a', (*example, index[1]))})", style.added(terms), sum(a * b for a, b in terms)


def _pointwise(symbols: str, numbers: str, of: Callable[[float], float]) -> Callable[[Call, Index, Style], Told]:
    """A function of each number by itself; ``{}`` stands for the number."""

    def told(call: Call, index: Index, style: Style) -> Told:
        value = float(call.given[0].detach()[index])
        return symbols.format(named("a", index, call)), numbers.format(style.number(value)), of(value)

    return told


def sigmoid(value: float) -> float:
    """``1/(1 + exp(-value))``, without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))


def _leaky(call: Call, index: Index, style: Style) -> Told:
    slope = call.layer.negative_slope  # type: ignore[attr-defined]
    own = f"max(0, {{}}) + {slope:g}*min(0, {{}})"
    value = float(call.given[0].detach()[index])
    name, number = named("a", index, call), style.number(value)
    return own.format(name, name), own.format(number, number), max(0.0, value) + slope * min(0.0, value)


def _merged(sign: str) -> Callable[[Call, Index, Style], Told]:
    def told(call: Call, index: Index, style: Style) -> Told:
        values = [float(each.detach()[index]) for each in call.given if each.shape == call.made[0].shape]
        if len(values) < len(call.given):
            return None
        symbols = sign.join(named(input_name(call, given), index, call) for given in range(len(values)))
        if sign == "*":
            return symbols, style.product(values), math.prod(values)
        return symbols, style.added([(value,) for value in values]), sum(values)

    return told


def _softmax(call: Call, index: Index, style: Style) -> Told:
    if call.given[0].ndim != 2:
        return None
    row = call.given[0].detach()[index[0]].tolist()
    largest = max(row)
    powers = [math.exp(each - largest) for each in row]
    shown = " + ".join(f"exp({style.number(each)})" for each in row[: style.terms])
    if len(row) > style.terms:
        left = sum(powers[style.terms :]) * math.exp(min(largest, 700))
        shown += f" + ... ({len(row) - style.terms} more: {style.number(left)})"
    example = index[:1] if len(call.made[0]) > 1 else ()
    symbols = f"exp({named('a', index, call)})/sum_k exp({at('a', (*example, 'k'))})"
    value = powers[index[1]] / sum(powers)
    return symbols, f"exp({style.number(row[index[1]])})/({shown})", value


def _batch_norm(call: Call, index: Index, style: Style) -> Told:
    """With the mean and the variance of the batch in training, with the running ones of a frozen norm."""
    module: Any = call.module
    given, channel = call.given[0].detach(), index[1]
    if module.training or module.running_mean is None:
        own = given[:, channel]
        mean, var = float(own.mean()), float(own.var(correction=0))
    else:
        mean, var = float(module.running_mean[channel]), float(module.running_var[channel])
    a, value = float(given[index]), 0.0
    value = (a - mean) / math.sqrt(var + module.eps)
    symbols = f"({named('a', index, call)} - mean[{channel}])/sqrt(var[{channel}] + eps)"
    numbers = f"({style.number(a)} - {style.factor(mean)})/sqrt({style.number(var)} + {style.number(module.eps)})"
    if module.weight is not None:
        gamma, beta = float(module.weight.detach()[channel]), float(module.bias.detach()[channel])
        symbols = f"gamma[{channel}]*{symbols} + beta[{channel}]"
        numbers = _plus(f"{style.number(gamma)}*{numbers}", beta, style)
        value = gamma * value + beta
    return symbols, numbers, value


def _dropout(call: Call, index: Index, style: Style) -> Told:
    p: float = call.layer.p  # type: ignore[attr-defined]
    a = float(call.given[0].detach()[index])
    kept = int(bool(call.row(_place(index, call.made[0].shape))))
    if p == 1:
        return None
    symbols = f"{named('m', index, call)}*{named('a', index, call)}/(1 - p)"
    return symbols, f"{kept}*{style.factor(a)}/(1 - {style.number(p)})", kept * a / (1 - p)


def _moved(call: Call, index: Index, style: Style) -> Told:
    """The number of the input that stands in another place of the output: of `flatten`, `concat`, `permute`."""
    if not call.made[0].requires_grad or call.weights or isinstance(call.layer, Activation):
        return None
    for given, tensor in enumerate(call.given):
        found = call.row(_place(index, call.made[0].shape), given) if tensor.requires_grad else []
        if len(found) == 1 and found[0][1] == 1.0:
            source = unravelled(found[0][0], tuple(tensor.shape))
            value = float(tensor.detach()[source])
            if value == float(call.made[0].detach()[index]):
                return named(input_name(call, given), source, call), "", value
    return None


_FORMULAS: dict[str, Callable[[Call, Index, Style], Told]] = {
    "linear": _linear,
    **dict.fromkeys(("conv", "filter", "blur_pool"), _conv),
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "global_avg_pool": _global_avg_pool,
    "relu": _pointwise("max(0, {})", "max(0, {})", lambda value: max(0.0, value)),
    "tanh": _pointwise("tanh({})", "tanh({})", math.tanh),
    "sigmoid": _pointwise("1/(1 + exp(-{}))", "1/(1 + exp(-({})))", sigmoid),
    "leaky_relu": _leaky,
    "add": _merged(" + "),
    "multiply": _merged("*"),
    "softmax": _softmax,
    "batch_norm": _batch_norm,
    "dropout": _dropout,
}

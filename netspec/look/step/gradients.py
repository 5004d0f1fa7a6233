"""The gradients of a layer by the chain rule, one number worked out for each of its weights and its input.

``dL/da[j] = sum_i dL/dy[i]*dy[i]/da[j]``: what arrives, times what the layer makes of a small change. Where a layer is
known here, its derivative stands in the formula; of any other it is torch's, of that layer alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from netspec.look.step.calls import Call
from netspec.look.step.values import AXES, at, input_name, named, weight_letter
from netspec.look.step.worked import Index, Style, Worked, places, unravelled

Terms = list[tuple[float, ...]]


def worked_gradients(call: Call, style: Style, wanted: Sequence[bool]) -> list[Worked]:
    """Numbers of the gradients by the call's weights, and by its inputs that are wanted.

    Args:
        call: A call through which the gradient was passed.
        style: The writing of numbers.
        wanted: For each input whether its gradient is told: that of the network's own input is of no use.
    """
    if not call.arrived or call.arrived[0] is None or len(call.made) > 1:
        return []
    found = []
    for name, gradient in call.learned.items():
        for index in places(gradient):
            found += _by_weight(call, name, gradient, index, style)
    for given, (passed, told) in enumerate(zip(call.passed, wanted, strict=True)):
        if passed is not None and told:
            for index in places(passed):
                found += _by_input(call, given, passed, index, style)
    return found


def _terms(call: Call, tensor: Tensor, index: Index) -> list[tuple[int, float, float]] | None:
    """Of each number of the output that a number of a tensor changes: its place, what arrives there, the derivative."""
    arrived = call.arrived[0]
    assert arrived is not None
    place = 0
    for i, size in zip(index, tensor.shape, strict=True):
        place = place * size + i
    flat = arrived.detach().flatten()
    try:
        return [(at, float(flat[at]), derivative) for at, derivative in call.column(tensor, place)]
    except RuntimeError:  # a layer whose backward pass torch cannot differentiate
        return None


def _by_weight(call: Call, name: str, gradient: Tensor, index: Index, style: Style) -> list[Worked]:
    found = _terms(call, call.weights[name], index)
    if found is None:
        return []
    letter = weight_letter(call, name)
    symbols = _weight_symbols(call, name, index) or f"sum_i dL/dy[i]*dy[i]/d{at(letter, index)}"
    whole = call.layer.op in ("linear", "conv") and name == "weight"
    terms: Terms = [term[1:] for term in found] if whole else _without_ones(found)
    value = sum(math.prod(term) for term in terms)
    return [Worked(f"dL/d{at(letter, index)}", symbols, style.added(terms), value, float(gradient[index]))]


def _without_ones(found: list[tuple[int, float, float]]) -> Terms:
    """The factors of each term; a derivative of 1 everywhere is not written."""
    if all(derivative == 1 for _, _, derivative in found):
        return [(delta,) for _, delta, _ in found]
    return [(delta, derivative) for _, delta, derivative in found]


def _weight_symbols(call: Call, name: str, index: Index) -> str | None:
    """The formula of a weight's gradient in symbols, of a layer that is known here."""
    several = len(call.made[0]) > 1
    n, over = (("n",), "n") if several else ((), "")
    if call.layer.op == "linear" and call.made[0].ndim == 2:
        head = "sum_n " if several else ""
        arrived = f"dL/d{at('y', (*n, index[0]))}"
        return f"{head}{arrived}" if name == "bias" else f"{head}{arrived}*{at('a', (*n, index[1]))}"
    if call.layer.op != "conv" or call.layer.connections is not None:  # type: ignore[attr-defined]
        return None
    _, stride, dilation, padding = call.layer.geometry(call.shapes)  # type: ignore[attr-defined]
    letters = {1: "p", 2: "pq", 3: "opq"}.get(len(stride))
    if letters is None or (name == "bias" and len(index) > 1):
        return None
    arrived = f"sum_{over}{letters} dL/d{at('y', (*n, index[0], *letters))}"
    if name == "bias":
        return arrived
    if call.layer.padding_mode != "zeros":  # type: ignore[attr-defined]
        return None
    groups, out = call.layer.groups, call.layer.out  # type: ignore[attr-defined]
    channel = index[0] // (out // groups) * (call.shapes[0][0] // groups) + index[1]
    seen = []
    for letter, u, s, d, (before, _) in zip(letters, index[2:], stride, dilation, padding, strict=True):
        start, step = u * d - before, letter if s == 1 else f"{s}{letter}"
        seen.append(step if not start else f"{start}+{step}" if start > 0 else f"{step}-{-start}")
    return f"{arrived}*{at('a', (*n, channel, *seen))}"


def _by_input(call: Call, given: int, gradient: Tensor, index: Index, style: Style) -> list[Worked]:
    found = _terms(call, call.given[given], index)
    if found is None:
        return []
    letter = input_name(call, given)
    name = f"dL/d{named(letter, index, call)}"
    torch = float(gradient[index])
    pointwise = _pointwise(call, index, style)
    if pointwise is not None:
        return [Worked(name, *pointwise, torch)]
    terms = _without_ones(found)
    value = sum(math.prod(term) for term in terms)
    symbols = _input_symbols(call, index, found) or f"sum_i dL/dy[i]*dy[i]/d{named(letter, index, call)}"
    return [Worked(name, symbols, style.added(terms), value, torch)]


def _input_symbols(call: Call, index: Index, found: list[tuple[int, float, float]]) -> str | None:
    """The formula of an input's gradient in symbols."""
    example = index[:1] if len(call.made[0]) > 1 else ()
    if call.layer.op == "linear" and call.made[0].ndim == 2:
        return f"sum_i dL/d{at('y', (*example, 'i'))}*{at('w', ('i', index[1]))}"
    if call.layer.op == "conv":
        letters = {1: "p", 2: "pq", 3: "opq"}.get(len(index) - 2)
        if letters is not None and len(found) > 1 and call.layer.groups == 1:  # type: ignore[attr-defined]
            inner = AXES[len(letters)]
            return f"sum_k{letters} dL/d{at('y', (*example, 'k', *letters))}*{at('w', ('k', index[1], *inner))}"
        return None
    if len(found) == 1 and found[0][2] == 1:
        return f"dL/d{named('y', unravelled(found[0][0], tuple(call.made[0].shape)), call)}"
    return None


def _pointwise(call: Call, index: Index, style: Style) -> tuple[str, str, float] | None:
    """The gradient by the input of an activation, whose derivative is known here."""
    arrived = call.arrived[0]
    assert arrived is not None
    op = call.layer.op
    if op not in ("relu", "tanh", "sigmoid"):
        return None
    delta, y, a = (float(each.detach()[index]) for each in (arrived, call.made[0], call.given[0]))
    y_name, a_name = named("y", index, call), named("a", index, call)
    shown, number = style.number(delta), style.factor(y)
    if op == "relu":
        return f"dL/d{y_name}*[{a_name} > 0]", f"{shown}*[{style.number(a)} > 0]", delta * (a > 0)
    if op == "tanh":
        return f"dL/d{y_name}*(1 - {y_name}^2)", f"{shown}*(1 - {number}^2)", delta * (1 - y * y)
    return f"dL/d{y_name}*{y_name}*(1 - {y_name})", f"{shown}*{number}*(1 - {number})", delta * y * (1 - y)

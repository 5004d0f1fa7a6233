"""The leaves of a program: calls of torch that keep the layer which they spell, with its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netspec.expr.symbols import concrete, is_symbolic
from netspec.layers.base import TORCH_KEYWORDS, Layer
from netspec.lowering.instances import same
from netspec.program import Call, Place


def options_of(layer: Layer) -> dict[str, Any]:
    """The options of a layer by the names that a spec has for them."""
    return {option: getattr(layer, name) for option, name in type(layer).option_fields().items()}


def spelled(layer: Layer, call: Call) -> Mapping[str, Any]:
    """The options of a layer as its call has them: where they are passed on, or else their values.

    What is made of an expression and passed on otherwise, in a sum or a tuple, is left out: the value holds here alone.
    """
    found: dict[str, Any] = {}
    for option, value in options_of(layer).items():
        place = _place(layer, call, option, value)
        if place is not None:
            found[option] = place
        elif not is_symbolic(value):
            found[option] = value
    return found


def _place(layer: Layer, call: Call, option: str, value: Any) -> Place | None:
    keyword = TORCH_KEYWORDS.get(option, option)
    if call.kwargs.get(keyword, call) is value:
        return Place(keyword)
    for at, each in enumerate(call.args):
        if each is value and (is_symbolic(value) or option in layer.arguments):
            return Place(at)
    return None


def common(options: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The options that several calls have alike."""
    first, *others = options
    return {name: v for name, v in first.items() if all(name in each and same(each[name], v) for each in others)}


def is_leaf_of(call: Call, layer: Layer) -> bool:
    """Whether a call, worked out, says of its layer what is so."""
    known = options_of(layer)
    told = {name: call.option(name) for name in call.options}
    return call.op in ("", layer.op) and all(same(concrete(told[name]), concrete(known[name])) for name in told)

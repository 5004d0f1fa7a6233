"""The leaves of a program: torch calls that keep the layer which they implement, with its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netspec.expr.symbols import concrete, is_symbolic
from netspec.layers.base import TORCH_KEYWORDS, Layer
from netspec.lowering.instances import same
from netspec.program import Call, Place


def options_of(layer: Layer) -> dict[str, Any]:
    """The options of a layer by their names in a spec."""
    return {option: getattr(layer, name) for option, name in type(layer).option_fields().items()}


def spelled(layer: Layer, call: Call) -> Mapping[str, Any]:
    """The options of a layer in its call: the places of those that are passed on, else their values.

    An option that depends on an expression and is passed on inside a sum or a tuple is left out: its value is local.
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
    """The options that are the same in several calls."""
    first, *others = options
    return {name: v for name, v in first.items() if all(name in each and same(each[name], v) for each in others)}


def is_leaf_of(call: Call, layer: Layer) -> bool:
    """Whether an evaluated call states the options of its layer correctly."""
    known = options_of(layer)
    told = {name: call.option(name) for name in call.options}
    return call.op in ("", layer.op) and all(same(concrete(told[name]), concrete(known[name])) for name in told)

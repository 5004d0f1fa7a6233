"""Options of a layer's entry, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.graph import Node
from netspec.layers.base import Layer

PER_AXIS = ("kernel", "stride", "padding", "dilation")
"""Options for which one number stands for as many as there are axes."""


def options_of(node: Node) -> dict[str, Any]:
    """The layer's options, then the entry's others: activation, freezing, initialisation, shared weights."""
    found = _options(node.layer)
    if node.activation is not None:
        found["activation"] = _entry(node.activation)
    if node.frozen:
        found["freeze"] = True
    if node.training_only:
        found["only"] = "training"
    if node.initialisers:
        found["init"] = {
            name: {each.function: dict(each.arguments)} for name, each in sorted(node.initialisers.items())
        }
    if node.reuses:
        found["reuse"] = node.path
    if node.ties:
        found["tie"] = dict(sorted(node.ties.items()))
    return found


def unequal(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Different options by name, each with its two values; None where there is none."""
    names = [*before, *(name for name in after if name not in before)]
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] or type(pair[0]) is not type(pair[1])}


def _options(layer: Layer) -> dict[str, Any]:
    return {name: _one(name, getattr(layer, attribute)) for name, attribute in layer.option_fields().items()}


def _one(name: str, value: Any) -> Any:
    """``[3, 3]`` as ``3``, where that means the same."""
    if name in PER_AXIS and isinstance(value, tuple) and value and len(set(value)) == 1 and isinstance(value[0], int):
        return value[0]
    return value


def _entry(activation: Layer) -> Any:
    """An activation in a spec's notation: its name, with the options that are not its defaults."""
    defaults = {name: field.default for name, field in type(activation).model_fields.items()}
    attributes = activation.option_fields()
    given = {name: getattr(activation, attribute) for name, attribute in attributes.items()}
    own = {name: value for name, value in given.items() if value != defaults[attributes[name]]}
    return {activation.op: own} if own else activation.op

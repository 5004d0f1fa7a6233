"""Statements of an entry about its own input, as torch and Keras need them, proven by the layers that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.graph import Node

CHANNELS = ("in_channels", "num_features", "num_channels")
FEATURES = ("in_features", "input_size", "input_dim", "embed_dim")
"""Options that state the input's size: along the first axis, or along the last."""

Holds = Callable[[Node], bool]


def plain(value: Any) -> bool:
    """Whether a value is a literal number."""
    return type(value) is int


def claim(option: str, value: Any) -> Holds | None:
    """The claim that an option makes about the input, as a condition on layers; None where it is unknown."""
    if option in CHANNELS and plain(value):
        return lambda node: node.input_shapes[0][:1] == (value,)
    if option in FEATURES and plain(value):
        return lambda node: node.input_shapes[0][-1:] == (value,)
    return None


def normalised(value: Any) -> Holds | None:
    """The condition that a number is the input's features or channels, or that a list is the shape of its last axes."""
    if plain(value):
        return lambda node: _count(node) == value
    if isinstance(value, list) and value and all(map(plain, value)):
        return lambda node: node.input_shapes[0][-len(value) :] == tuple(value)
    return None


def _count(node: Node) -> int | None:
    """The number of weights of a norm, which is the number of features or channels that it normalises."""
    shapes = {weight.shape for weight in node.weights.values() if not weight.buffer}
    return shapes.pop()[0] if len(shapes) == 1 and len(next(iter(shapes))) == 1 else None

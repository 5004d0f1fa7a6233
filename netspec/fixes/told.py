"""What an entry tells of its own input, as torch and Keras want to be told: proven by the layers that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.graph import Node

CHANNELS = ("in_channels", "num_features", "num_channels")
FEATURES = ("in_features", "input_size", "input_dim", "embed_dim")
"""What is told, by the names of the options: the first axis, or the last."""

Holds = Callable[[Node], bool]


def plain(value: Any) -> bool:
    """Whether a value is a number that stands for itself."""
    return type(value) is int


def claim(option: str, value: Any) -> Holds | None:
    """What an option claims of the input; None where it cannot be told."""
    if option in CHANNELS and plain(value):
        return lambda node: node.input_shapes[0][:1] == (value,)
    if option in FEATURES and plain(value):
        return lambda node: node.input_shapes[0][-1:] == (value,)
    return None


def normalised(value: Any) -> Holds | None:
    """That a number is the input's features, or channels, or that a list is the shape of its last axes."""
    if plain(value):
        return lambda node: _count(node) == value
    if isinstance(value, list) and value and all(map(plain, value)):
        return lambda node: node.input_shapes[0][-len(value) :] == tuple(value)
    return None


def _count(node: Node) -> int | None:
    """How many weights a norm has; of its input, what it normalises."""
    shapes = {weight.shape for weight in node.weights.values() if not weight.buffer}
    return shapes.pop()[0] if len(shapes) == 1 and len(next(iter(shapes))) == 1 else None

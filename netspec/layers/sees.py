"""Receptive fields of a layer's outputs on its inputs, and rules for them that many layers share as values.

``receptive_field = pointwise`` in a class is a rule just as a method of that name is.
"""

from typing import Any

from netspec.layers.reach import Along, Reach, Window
from netspec.shape import Shapes, product


class Sees:
    """Receptive fields and connections: unknown by default."""

    def receptive_field(self, inputs: Shapes, /) -> Window | Reach | None:
        """The part of each input that an output element sees; None where it is unknown."""
        return None

    def fan_in(self, inputs: Shapes, /) -> int | None:
        """Connections into one unit, with its bias; None where units differ, or the layer computes none."""
        return None

    def count_connections(self, inputs: Shapes, outputs: Shapes, /) -> int | None:
        """Connections into all units, with biases; None where unknown. By default they follow from `fan_in`."""
        fan_in = self.fan_in(inputs)
        return None if fan_in is None else sum(product(shape) for shape in outputs) * fan_in


def pointwise(layer: Any, inputs: Shapes, /) -> Window | Reach:
    """The one element in the same place.

    Norms have this rule, too: their statistics are left out, as in the literature.
    """
    if not inputs[0]:
        return Reach(())
    axes = len(inputs[0]) - 1
    return Window((1,) * axes, (1,) * axes, (0,) * axes, "own")


def everything(layer: Any, inputs: Shapes, /) -> Reach:
    """All of the input."""
    return Reach((None,) * len(layer.infer(inputs)[0]))


def whole_channel(layer: Any, inputs: Shapes, /) -> Reach:
    """All places of a channel."""
    return Reach((Along(0), *(None for _ in inputs[0][1:])))


def whole_vector(layer: Any, inputs: Shapes, /) -> Reach:
    """All of the last axis: every feature reaches every output."""
    return Reach((*(Along(axis) for axis in range(len(inputs[0]) - 1)), None))

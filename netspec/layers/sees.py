"""What a layer's outputs see of its inputs, and the rules for it that many layers have, to be given as values.

``receptive_field = pointwise`` in a class is the rule as much as a method of that name is.
"""

from typing import Any

from netspec.layers.reach import Along, Reach, Window
from netspec.shape import Shapes, product


class Sees:
    """Receptive fields and connections: unknown unless they are told."""

    def receptive_field(self, inputs: Shapes, /) -> Window | Reach | None:
        """What an output element sees of each input; None where it is unknown."""
        return None

    def fan_in(self, inputs: Shapes, /) -> int | None:
        """Connections into one unit, its bias included; None where units differ, or the layer computes none."""
        return None

    def count_connections(self, inputs: Shapes, outputs: Shapes, /) -> int | None:
        """Connections into all units, biases included; None where unknown. Unless units differ, `fan_in` tells."""
        fan_in = self.fan_in(inputs)
        return None if fan_in is None else sum(product(shape) for shape in outputs) * fan_in


def pointwise(layer: Any, inputs: Shapes, /) -> Window | Reach:
    """The one element in its own place.

    So it is of norms, too: their statistics are left out, as the literature does.
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

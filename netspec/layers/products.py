"""The products that a layer's multiply-accumulates are made of, and what the gradients of their factors cost.

The gradient of a product towards one of its factors is a product as large: of ``y = W x`` it is ``dy x'`` for the
weights and ``W' dy`` for the input. So a training step costs the forward pass once more for each factor that something
learned has a part in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netspec.objects.immutable import immutable
from netspec.shape import Shapes

Sources = tuple[str | int, ...]
"""What a factor is made of: weights by their own names, inputs by their positions."""


@immutable
class Product:
    """A product of two factors, of one example.

    Attributes:
        macs: Its multiply-accumulates.
        factors: The sources of each.
    """

    macs: int
    factors: tuple[Sources, ...]

    def backward(self, learns: Callable[[str | int], bool]) -> int:
        """The multiply-accumulates of its gradients, given which sources have one."""
        return self.macs * sum(any(map(learns, sources)) for sources in self.factors)


class Multiplies:
    """The rule of a layer's products."""

    def products(self, inputs: Shapes, outputs: Shapes, /) -> tuple[Product, ...] | None:
        """The products, whose MACs sum up to `macs`; None where that is unknown.

        By default all work is one product of weights of two axes or more, running ones too, with the inputs; and
        without such weights, of two inputs.
        """
        layer: Any = self
        macs: int | None = layer.macs(inputs, outputs)
        if not macs:
            return None if macs is None else ()
        weights: Mapping[str, Any] = layer.weights(inputs)
        matrices = tuple([name for name, weight in weights.items() if len(weight.shape) > 1])
        if matrices:
            return (Product(macs, (matrices, tuple(range(len(inputs))))),)
        return (Product(macs, ((0,), (len(inputs) - 1,))),)


def mapped(macs: int, weight: str, *sources: str | int) -> Product:
    """A linear map by a weight."""
    return Product(macs, ((weight,), sources))

"""A network for one size of its inputs: shapes and weights, call by call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from netspec.graph import Graph
from netspec.layers.base import Layer, Shapes, Weight
from netspec.objects.immutable import immutable, unique


@unique
class Applied:
    """A layer, its activation included, applied to inputs: one object per layer and input shapes.

    Attributes:
        layer: The layer.
        inputs: Input shapes, without the batch.
        outputs: Output shapes, without the batch.
        weights: Tensors by their name in the module.
    """

    layer: Layer
    inputs: Shapes
    outputs: Shapes
    weights: Mapping[str, Weight]


@immutable
class Sized:
    """A network for one size of its inputs.

    Attributes:
        graph: The network, possibly for another size: its nodes differ only in shapes.
        applied: The applied layers of its nodes for this size, in execution order.
        same_weights: Whether the weights are the graph's own.
    """

    graph: Graph
    applied: tuple[Applied, ...]
    same_weights: bool

    @property
    def calls(self) -> Iterator[tuple[str, Applied]]:
        """Node keys and their applied layers, in execution order."""
        return zip(self.graph.nodes, self.applied, strict=True)

    @cached_property
    def state_dict(self) -> dict[str, Weight]:
        """Every tensor of the module's state_dict by its key, in torch's order."""
        if self.same_weights:
            return self.graph.state_dict
        return self.graph.state_dict_of({key: applied.weights for key, applied in self.calls})

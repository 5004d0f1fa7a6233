"""The receptive field that represents a whole network."""

from __future__ import annotations

from netspec.analysis.receptive import ReceptiveField, ReceptiveFields
from netspec.graph import Graph
from netspec.shape import product


def widest_field(graph: Graph, fields: ReceptiveFields) -> ReceptiveField | None:
    """The largest local receptive field of the network's layers, which papers quote.

    It is that of the last convolution or pooling before a layer that sees everything, such as a global pooling, an
    attention or a linear map of the whole image. Gates are no part of the main path, and leave its field as it is; side
    branches that run in training alone do not count.

    Returns:
        The field with the most input elements, the first of equals; None where every layer sees everything, or the
        input has no spatial axes.
    """
    local = (
        field
        for key, field in fields.main.items()
        if field is not None and field.size and not graph.nodes[key].training_only
    )
    return max(local, key=lambda field: product(field.size), default=None)


def is_unknown(graph: Graph, fields: ReceptiveFields) -> bool:
    """Whether a result of the network sees an unknown part of the input."""
    seen = (fields.extents.get(value.key) for value in graph.outputs.values())
    return any("unknown" in extents for extents in seen if extents is not None)

"""Receptive fields: how much of the input one output element sees.

Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019:
going forward, a layer with kernel extent ``k`` and stride ``s`` turns a field of ``size`` and ``stride`` into
``size + (k - 1) * stride`` and ``s * stride``. Where paths join, the largest counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netspec.graph import Graph, Node
from netspec.layers.base import Window


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Per spatial axis, in input elements: the extent one output element sees, and the step between neighbours."""

    size: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReceptiveFields:
    """Receptive field of every node's outputs by key; None where it is global, or the input has no spatial axes."""

    nodes: Mapping[str, ReceptiveField | None]


# What a source without input sees of the network's input. It leaves the field of what it joins as it is.
_NOTHING = ReceptiveField((), ())


def trace_receptive_fields(graph: Graph) -> ReceptiveFields:
    """Compose the layers' windows along the flow."""
    fields: dict[str, ReceptiveField | None] = {}
    for name, source in graph.inputs.items():
        axes = len(source.shape) - 1
        fields[name] = ReceptiveField((1,) * axes, (1,) * axes) if axes > 0 else None
    for key, node in graph.nodes.items():
        fields[key] = _after(node, _join([fields[value.key] for value in node.inputs]))
    return ReceptiveFields({key: fields[key] if fields[key] != _NOTHING else None for key in graph.nodes})


def _join(fields: list[ReceptiveField | None]) -> ReceptiveField | None:
    """The largest of what flows in; None where one of them is global or they do not have the same axes."""
    known = [field for field in fields if field is not None]
    if len(known) < len(fields):
        return None
    seeing = [field for field in known if field.size]
    if not seeing:
        return _NOTHING
    if len({len(field.size) for field in seeing}) > 1:
        return None
    return ReceptiveField(
        size=tuple(max(sizes) for sizes in zip(*(f.size for f in seeing), strict=True)),
        stride=tuple(max(strides) for strides in zip(*(f.stride for f in seeing), strict=True)),
    )


def _after(node: Node, seen: ReceptiveField | None) -> ReceptiveField | None:
    if seen is None or not seen.size:
        return seen
    window: Window | None = node.layer.receptive_field(node.input_shapes)
    if window is None or len(window.kernel) != len(seen.size):
        return None
    return ReceptiveField(
        size=tuple(r + (k - 1) * j for r, k, j in zip(seen.size, window.kernel, seen.stride, strict=True)),
        stride=tuple(j * s for j, s in zip(seen.stride, window.stride, strict=True)),
    )

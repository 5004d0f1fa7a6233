"""Docstrings and type annotations of generated classes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from netspec.frontend.document import Block, Document
from netspec.graph import Graph, Node, Scope
from netspec.lowering.class_builder import ClassBuilder, FormalInfo
from netspec.program.names import Annotation

LONGEST = 4
"""The length of the longest tuple that torch's annotations spell out: the borders of an image."""


DETECTING = (
    "Called with a list of images [3, H, W] of any sizes, with values from 0 to 1, it gives for each its boxes [K, 4] "
    "as left, top, right, bottom in pixels, labels [K] and scores [K]; in training mode, with such boxes and labels of "
    "each image as the second argument, its losses by name. What flows inside:",
)
"""What a detector's class takes and gives."""


def class_doc(block: Block | None, scopes: Sequence[Scope], graph: Graph) -> tuple[str, ...]:
    """Docstring of a block's or structure's class: a description, and the shapes and size of its first instance."""
    first = scopes[0]
    given = ", ".join(_shape(value.shape) for value in first.source.inputs)
    made = ", ".join(_shape(value.shape) for value in first.source.results)
    nodes = [graph.nodes[key] for key in first.node_keys()]
    learned = (w.numel for node in nodes if not node.reuses for w in node.weights.values() if not w.buffer)
    size = _size(nodes, sum(learned))
    if block is None:
        return f"The part `{first.path}` of the network.", "", f"{given} -> {made}", size
    lines = block.doc.splitlines() if block.doc else [f"The block `{block.name}`."]
    if len(scopes) > 1:
        size += f" (the first of {len(scopes)})"
    return *lines, "", f"{first.path}: {given} -> {made}", size


def _size(nodes: Iterable[Node], parameters: int) -> str:
    """The number of learned scalars of these nodes, unless one of them does not declare its tensors."""
    return f"parameters: {f'{parameters:,}' if all(node.layer.weights_known for node in nodes) else 'unknown'}"


def network_doc(document: Document, graph: Graph, fixed: Mapping[str, Any]) -> tuple[str, ...]:
    """Docstring of the network's class: description, shapes, size, params that are no arguments, sources."""
    lines = (document.doc or f"The network `{document.name}`.").splitlines()
    shapes = [
        *(f"{name}: {_shape(each.shape)}" for name, each in graph.inputs.items()),
        *(f"{name}: {_shape(value.shape)}" for name, value in graph.outputs.items()),
    ]
    count = sum(w.numel for w in graph.state_dict.values() if not w.buffer)
    tied = sum(node.weights[own].numel for node in graph.nodes.values() if not node.reuses for own in node.ties)
    if graph.detection is not None:
        lines += ["", *DETECTING]
    lines += ["", *shapes, _size(graph.nodes.values(), count - tied)]
    if fixed:
        lines.append(f"fixed: {', '.join(f'{name} = {value!r}' for name, value in fixed.items())}")
    if document.references:
        lines += ["", *document.references]
    return tuple(lines)


def _shape(shape: Iterable[int]) -> str:
    return f"[{', '.join(map(str, ('N', *shape)))}]"


def python_type(info: FormalInfo, klass: ClassBuilder, whole: Collection[int] = ()) -> Annotation:
    """The annotation of a parameter, from its values in all instances and its declared type.

    Args:
        info: The parameter.
        klass: Its class.
        whole: Levels of its items at which a sequence is passed on whole, to a call that takes a tuple of fixed length.
    """
    values: list[Any] = list(info.values.values())
    parameter = None
    if info.kind == "parameter":
        if klass.kind == "network":
            parameter = klass.program.document.params[info.key]
        else:
            parameter = klass.scopes[0].source.block.params[info.key]
    written = parameter is not None or info.kind == "outer"  # it may be a parameter of the outer class
    types = dict.fromkeys(_type(value, written, whole) for value in values)
    if sum(each.startswith("tuple[") for each in types) > 1:
        types = dict.fromkeys(_type(value, written, ()) for value in values)
    if parameter is not None and parameter.type in ("int", "float", "bool", "str"):
        types = dict.fromkeys([parameter.type, *(["None"] if parameter.nullable else [])])
    return Annotation(_union(types))


def _type(value: Any, written: bool, whole: Collection[int], depth: int = 0) -> str:
    """The type of a value; a sequence that is `written` by the caller of the class may also be a list."""
    if isinstance(value, (tuple, list)):
        items = [_type(v, written, whole, depth + 1) for v in value]
        if depth in whole and 0 < len(items) <= LONGEST and not any("[" in item for item in items):
            return f"tuple[{', '.join(items)}]"
        element = _union(items) or "int"
        return f"Sequence[{element}]" if written else f"tuple[{element}, ...]"
    return "None" if value is None else type(value).__name__


def _union(types: Iterable[str]) -> str:
    """The type of values of several types; a float may be an integer, and None comes last."""
    once = dict.fromkeys(types)
    return " | ".join(sorted((each for each in once if each != "int" or "float" not in once), key="None".__eq__))

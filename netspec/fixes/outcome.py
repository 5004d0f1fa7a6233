"""Effects of a fix on a network, in numbers: layers whose figures change, and the network's size."""

from __future__ import annotations

from netspec.analysis.weights import count_weights
from netspec.graph import Graph, Node
from netspec.shape import spell

_MOST = 3
"""The most layers whose changes are listed, and the most outputs."""


def changed(before: Graph | None, after: Graph | None) -> list[str]:
    """The valid layers that change; none where either network is missing."""
    if before is None or after is None:
        return []
    return [
        key
        for key, node in before.nodes.items()
        if key in after.nodes and (_gives(after.nodes[key]) != _gives(node) or _own(after.nodes[key]) != _own(node))
    ]


def outcome(before: Graph | None, after: Graph | None, *, valid: bool) -> str:
    """The changes in words; for a network that becomes valid, its parameters and outputs."""
    said: list[str] = []
    keys = changed(before, after)
    if before is not None and after is not None:
        said += [_difference(before.nodes[key], after.nodes[key]) for key in keys[:_MOST]]
    if len(keys) > _MOST:
        more = len(keys) - _MOST
        said.append(f"{more} more {'layer changes' if more == 1 else 'layers change'}")
    if valid and after is not None and not _same(before, after):
        params = count_weights(after).total.params
        outputs = [spell(value.shape) for value in after.outputs.values()]
        given = ", ".join(outputs[:_MOST]) + (", ..." if len(outputs) > _MOST else "")
        said.append(f"{'unknown' if params is None else f'{params:,}'} parameters, output {given}")
    return "; ".join(said)


def _same(before: Graph | None, after: Graph) -> bool:
    """Whether the same network was there before, as where a recipe alone was wrong."""
    return before is not None and before.nodes.keys() == after.nodes.keys() and before.outputs == after.outputs


def _difference(old: Node, new: Node) -> str:
    said = []
    if _gives(old) != _gives(new):
        said.append(f"{_gives(old)} -> {_gives(new)}")
    if _own(old) != _own(new):
        said.append(f"{_own(old):,} -> {_own(new):,} parameters")
    return f"`{new.key}` {', '.join(said)}"


def _gives(node: Node) -> str:
    return ", ".join(spell(shape) for shape in node.output_shapes)


def _own(node: Node) -> int:
    """The number of a layer's own parameters, as far as they are known."""
    return sum(weight.numel for weight in node.weights.values() if not weight.buffer)

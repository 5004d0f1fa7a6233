"""What a fix makes of a network, in numbers: layers that come out otherwise, and its size."""

from __future__ import annotations

from netspec.analysis.weights import count_weights
from netspec.graph import Graph, Node
from netspec.shape import spell

_MOST = 3
"""Of so many layers it is told what becomes of them, and of so many outputs."""


def changed(before: Graph | None, after: Graph | None) -> list[str]:
    """The layers, right until now, that come out otherwise; none where either network is not there."""
    if before is None or after is None:
        return []
    return [
        key
        for key, node in before.nodes.items()
        if key in after.nodes and (_gives(after.nodes[key]) != _gives(node) or _own(after.nodes[key]) != _own(node))
    ]


def outcome(before: Graph | None, after: Graph | None, *, valid: bool) -> str:
    """What comes out otherwise than before; of a network that is then valid, its parameters and outputs."""
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
    """Whether there was the same network before, as where a recipe alone was wrong."""
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
    """The parameters of a layer, as far as they are known."""
    return sum(weight.numel for weight in node.weights.values() if not weight.buffer)

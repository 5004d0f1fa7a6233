"""Parameters and buffers: every tensor once, at the layer that owns it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from netspec.analysis.unknown_sums import total
from netspec.graph import Graph, Node, state_key
from netspec.layers.base import Weight
from netspec.objects.immutable import immutable

PARAM_BYTES = 4
"""Bytes of one float32 scalar."""


@immutable
class WeightCount:
    """Scalars of one layer; None is unknown. A tensor that it shares with an earlier owner is not counted."""

    trainable: int | None = 0
    frozen: int | None = 0
    buffers: int | None = 0

    @property
    def params(self) -> int | None:
        """Learned scalars, trainable and frozen, as ``sum(p.numel() for p in module.parameters())``."""
        return total((self.trainable, self.frozen))


NONE = WeightCount()

UNKNOWN = WeightCount(None, None, None)
"""The count of a layer whose tensors are unknown."""


@immutable
class WeightCounts:
    """Scalars by layer and in total.

    Attributes:
        nodes: Counts by node key. The sum over all nodes is the total.
        total: The whole module, with side branches: torch's count.
        inference: The total without the layers that run in training alone.
    """

    nodes: Mapping[str, WeightCount]
    total: WeightCount
    inference: WeightCount


def count_weights(graph: Graph) -> WeightCounts:
    """Count learned scalars and buffers as torch does: a tied weight and a reused module once.

    A shared tensor is frozen as soon as one of its users freezes it, since it is one tensor to the optimiser;
    it is needed for inference as soon as one of its users runs there.
    """
    users = _users_of_shared(graph)
    known: dict[tuple[int, bool], WeightCount] = {}  # rounds of a repeat have one mapping of weights
    nodes: dict[str, WeightCount] = {}
    inference = []
    for key, node in graph.nodes.items():
        if not node.layer.weights_known:
            nodes[key] = NONE if node.reuses else UNKNOWN
            inference.append(NONE if node.training_only else UNKNOWN)
        elif users:
            own = [] if node.reuses else _owned(graph, node, users)
            nodes[key] = _count(own)
            inference.append(_count([each for each in own if not all(user.training_only for user in each[1])]))
        else:
            like = (id(node.weights), node.frozen)
            if like not in known:
                known[like] = _count([(weight, (node,)) for weight in node.weights.values()])
            nodes[key] = known[like]
            inference.append(NONE if node.training_only else known[like])
    return WeightCounts(nodes, _sum(nodes.values()), _sum(inference))


def _users_of_shared(graph: Graph) -> dict[str, list[Node]]:
    """The nodes that use a tensor, by its state_dict key, for those that ties and further calls share."""
    again = [node for node in graph.nodes.values() if node.reuses]
    shared = {*graph.owners.values(), *(state_key(node.path, name) for node in again for name in node.weights)}
    users: dict[str, list[Node]] = {key: [] for key in shared}
    if users:
        for node in graph.nodes.values():
            for name in node.weights:
                key = state_key(node.path, name)
                users.get(graph.owners.get(key, key), []).append(node)
    return users


def _owned(graph: Graph, node: Node, users: Mapping[str, Sequence[Node]]) -> list[tuple[Weight, Sequence[Node]]]:
    """A node's own tensors in the state_dict, each with the nodes that use it."""
    keys = {state_key(node.path, name): weight for name, weight in node.weights.items()}
    return [(weight, users.get(key, (node,))) for key, weight in keys.items() if key not in graph.owners]


def _count(tensors: Sequence[tuple[Weight, Sequence[Node]]]) -> WeightCount:
    """The scalars of tensors with the nodes that use them."""
    learned = [(weight, any(user.frozen for user in users)) for weight, users in tensors if not weight.buffer]
    return WeightCount(
        sum(weight.numel for weight, frozen in learned if not frozen),
        sum(weight.numel for weight, frozen in learned if frozen),
        sum(weight.numel for weight, _ in tensors if weight.buffer),
    )


def _sum(counts: Collection[WeightCount]) -> WeightCount:
    return WeightCount(
        total(each.trainable for each in counts),
        total(each.frozen for each in counts),
        total(each.buffers for each in counts),
    )

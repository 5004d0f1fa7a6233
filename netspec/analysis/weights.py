"""Parameters and buffers: every tensor once, at the layer that owns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netspec.analysis.unknown_sums import total
from netspec.graph import Graph, state_key
from netspec.objects.immutable import immutable

PARAM_BYTES = 4
"""Bytes of one float32 scalar."""


@immutable
class WeightCount:
    """Scalars that one layer owns; None is unknown. A tensor that it shares with an earlier owner is not among them."""

    trainable: int | None = 0
    frozen: int | None = 0
    buffers: int | None = 0

    @property
    def params(self) -> int | None:
        """Learned scalars, trainable and frozen, as ``sum(p.numel() for p in module.parameters())``."""
        return total((self.trainable, self.frozen))


UNKNOWN = WeightCount(None, None, None)
"""The count of a layer that does not tell its tensors."""


@immutable
class WeightCounts:
    """Scalars by layer and in all.

    Attributes:
        nodes: By node key. The sum over all nodes is the total.
        total: The whole module, side branches included: what torch counts.
        inference: What is left where the layers that run in training alone are taken out.
    """

    nodes: Mapping[str, WeightCount]
    total: WeightCount
    inference: WeightCount


@dataclass(slots=True)
class _Tensor:
    """One tensor of the module, however many names it bears."""

    owner: str
    numel: int
    buffer: bool
    frozen: bool = False
    inference: bool = False


def count_weights(graph: Graph) -> WeightCounts:
    """Count learned scalars and buffers as torch does: a tied weight and a reused module once.

    A shared tensor is frozen as soon as one of its users freezes it, since it is one tensor to the optimiser;
    it is needed for inference as soon as one of its users runs there.
    """
    tensors = _tensors(graph)
    opaque = [node for node in graph.nodes.values() if not node.layer.weights_known]
    owners = {node.key for node in opaque if not node.reuses}
    owned: dict[str, list[_Tensor]] = {key: [] for key in graph.nodes}
    for tensor in tensors.values():
        owned[tensor.owner].append(tensor)
    counts = {key: UNKNOWN if key in owners else _count(own) for key, own in owned.items()}
    known = all(node.training_only for node in opaque)
    in_inference = _count([each for each in tensors.values() if each.inference]) if known else UNKNOWN
    everything = WeightCount(
        total(c.trainable for c in counts.values()),
        total(c.frozen for c in counts.values()),
        total(c.buffers for c in counts.values()),
    )
    return WeightCounts(counts, everything, in_inference)


def _tensors(graph: Graph) -> dict[str, _Tensor]:
    """Every tensor by the state_dict key of its owner."""
    tensors: dict[str, _Tensor] = {}
    owned: list[tuple[str, bool, bool]] = []
    for node in graph.nodes.values():
        for name, weight in node.weights.items():
            key = state_key(node.path, name)
            if key not in graph.owners and key not in tensors:
                tensors[key] = _Tensor(node.key, weight.numel, weight.buffer)
            owned.append((key, node.frozen, node.training_only))
    for key, frozen, training_only in owned:
        tensor = tensors[graph.owners.get(key, key)]
        tensor.frozen |= frozen
        tensor.inference |= not training_only
    return tensors


def _count(tensors: list[_Tensor]) -> WeightCount:
    """The scalars of tensors that are known."""
    return WeightCount(
        sum(each.numel for each in tensors if not each.buffer and not each.frozen),
        sum(each.numel for each in tensors if not each.buffer and each.frozen),
        sum(each.numel for each in tensors if each.buffer),
    )

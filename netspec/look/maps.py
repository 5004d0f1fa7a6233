"""Feature maps of a graph: the layers that give them."""

from __future__ import annotations

from netspec.analysis.seen_input import Seen as Sight
from netspec.look.opened import Opened


def is_map(opened: Opened, key: str) -> bool:
    """Whether a layer gives maps [C, H, W] of some extent: not so where a permutation has put the channels last."""
    shape = opened.graph.nodes[key].outputs[0].shape
    sights = opened.analysis.receptive.extents[key] or ()
    moved = any(isinstance(each, Sight) and each.axis != axis for axis, each in enumerate(sights, 1))
    return len(shape) == 3 and max(shape[1:]) > 1 and not moved

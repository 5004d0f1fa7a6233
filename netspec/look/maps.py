"""Feature maps of a graph: the layers that give them."""

from __future__ import annotations

from netspec.analysis import last_map
from netspec.look.opened import Opened


def is_map(opened: Opened, key: str) -> bool:
    """Whether a layer gives maps [C, H, W] of some extent: not so where a permutation has put the channels last."""
    return last_map.is_map(opened.analysis, opened.graph.nodes[key].outputs[0])

"""Feature maps: the layers that give them, and as much of them as a picture shows."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from netspec.analysis import last_map
from netspec.look.opened import Opened


def is_map(opened: Opened, key: str) -> bool:
    """Whether a layer gives maps [C, H, W] of some extent: not so where a permutation has put the channels last."""
    return last_map.is_map(opened.analysis, opened.graph.nodes[key].outputs[0])


def kept_maps(value: Tensor, most: int, side: int) -> tuple[Tensor, int]:
    """The first maps of the first example, float32 [maps, H, W] on the CPU, and how many there are.

    Args:
        value: [N, C, H, W].
        most: The most that are kept.
        side: The most rows and columns of a map; larger ones are averaged down to it.
    """
    maps = value[0, :most].detach().float()
    if max(maps.shape[1:]) > side:
        maps = F.avg_pool2d(maps[None], -(-max(maps.shape[1:]) // side), ceil_mode=True)[0]
    return maps.cpu().clone(), value.shape[1]

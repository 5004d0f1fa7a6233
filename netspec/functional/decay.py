"""The choice of the weights that weight decay applies to."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def is_weight(module: nn.Module, name: str) -> bool:
    """Whether a tensor is more than a bias, a part of a norm, or numbers in a row.

    A `weight` may have one row; the likes of a class token [1, 1, 768] and a layer
    scale [96, 1, 1] are vectors.
    """
    owner, _, own = name.rpartition(".")
    shape = module.get_parameter(name).shape
    axes = len(shape) if own == "weight" else sum(size != 1 for size in shape)
    norm = isinstance(module.get_submodule(owner), NORMS)
    return "bias" not in own and not norm and axes > 1

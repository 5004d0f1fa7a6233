"""The meaning of numbers as targets: the classes of examples, or values."""

from __future__ import annotations

import torch
from torch import Tensor


def numbered(numbers: Tensor, meant: str | None) -> Tensor:
    """Classes [N], int64, or values [N, outputs], float32.

    Whole numbers are classes. So are floats where the recipe says so, or where they are
    0, 1, ... without a gap, one to an example: that is how tables write labels.
    """
    floats = numbers.is_floating_point()
    if numbers.ndim == 2 and numbers.shape[1] == 1 and (meant or not floats):
        numbers = numbers[:, 0]
    if meant != "values" and numbers.ndim == 1:
        found = numbers.unique()
        counts = torch.arange(len(found), dtype=found.dtype)
        if not floats or meant or (len(found) > 1 and torch.equal(found, counts)):
            return numbers.long()
    return numbers.float()[:, None] if numbers.ndim == 1 else numbers.float()

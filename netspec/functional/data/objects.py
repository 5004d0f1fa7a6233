"""The objects of images as the targets of a detector."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.functional.data.boxed import Truth

BoxTarget = dict[str, Tensor]
"""`boxes` [N, 4] float32 in pixels and `labels` [N] int64 from 1.

Of examples that are not augmented also `area` [N] float32 and `iscrowd` [N] int64.
"""


def target_of(truth: Truth) -> BoxTarget:
    """The target of an image, its parts by the names that torchvision gives them."""
    crowd = truth.crowd.astype("int64")
    parts = {"boxes": truth.boxes, "labels": truth.labels, "area": truth.area}
    made = {**parts, "iscrowd": crowd}
    return {name: torch.from_numpy(part.copy()) for name, part in made.items()}

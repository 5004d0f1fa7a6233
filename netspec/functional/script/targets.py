"""The network's inputs, and the targets of its output."""

from __future__ import annotations

from torch import Tensor

from netspec.functional.script.run import Run
from netspec.functional.script.settings import targets_of

Batch = tuple[Tensor, Tensor]
"""The network's inputs, and the targets of its outputs."""


def with_targets(run: Run, images: Tensor, targets: Tensor) -> Batch:
    """The network's inputs, with the targets that its outputs are compared with."""
    if targets_of is not None:
        targets = targets_of(images, targets)
    return images, targets

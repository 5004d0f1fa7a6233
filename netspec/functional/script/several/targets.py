"""The network's inputs, and the target of each of its outputs."""

from __future__ import annotations

from torch import Tensor

from netspec.functional.packing import targets_by_output
from netspec.functional.script.run import Run
from netspec.functional.script.settings import PACKS_TARGETS, aims

Batch = tuple[Tensor, dict[str, Tensor]]
"""The network's inputs, and the targets of its outputs."""


def with_targets(run: Run, images: Tensor, targets: Tensor) -> Batch:
    """The network's inputs, and the target of each output."""
    if PACKS_TARGETS:
        known = targets_by_output(targets, run.splits.outputs)
        pairs = ((aim, known.get(aim.name, targets)) for aim in aims)
        return images, {aim.name: aim.compared_with(images, own) for aim, own in pairs}
    return images, {aim.name: aim.compared_with(images, targets) for aim in aims}

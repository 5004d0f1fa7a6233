"""The losses of a detector, by the names of its class, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

PREFIX = "loss_"
"""The beginning of some of torchvision's names, which a figure's name ends with."""


def weighed_losses(
    losses: Mapping[str, Tensor], weights: Mapping[str, float]
) -> dict[str, Tensor]:
    """The losses by their figures' names, `box_reg.loss`, and their sum, `loss`.

    Args:
        losses: What the detector gives for a batch, scalars: `loss_box_reg`, ...
        weights: The factor of a loss in the sum, by its name without `loss_`; else 1.
    """
    each = {name.removeprefix(PREFIX): loss.float() for name, loss in losses.items()}
    total = sum(weights.get(name, 1.0) * loss for name, loss in each.items())
    assert isinstance(total, Tensor)
    return {"loss": total, **{f"{name}.loss": loss for name, loss in each.items()}}


def found_and_lost(
    module: nn.Module,
    criterion: Callable[[Mapping[str, Tensor]], dict[str, Tensor]],
    images: Sequence[Tensor],
    targets: Sequence[Mapping[str, Tensor]],
) -> tuple[Any, dict[str, Tensor]]:
    """The boxes that a detector in evaluation mode finds, and its losses by name.

    It tells either: the images pass twice. Batch norms and dropout are those of
    evaluation both times.

    Args:
        module: The detector.
        criterion: The function of the losses that it gives.
        images: [3, H, W] each, from 0 to 1.
        targets: Of each image, with `iscrowd`.
    """
    found = module(images)
    with losing(module):
        losses = criterion(module(images, [learned_boxes(each) for each in targets]))
    return found, losses


@contextmanager
def losing(module: nn.Module) -> Iterator[None]:
    """A context in which a detector in evaluation mode tells its losses.

    Torchvision's own modules alone are in training mode, and no layer of the network.
    """
    ruling = [each for each in module.modules() if is_torchvision_s(each)]
    for each in ruling:
        each.training = True
    try:
        yield
    finally:
        for each in ruling:
            each.training = False


def is_torchvision_s(module: nn.Module) -> bool:
    """Whether a module is what torchvision makes boxes with, none of the network's."""
    home = "torchvision.models.detection"
    return any(base.__module__.startswith(home) for base in type(module).__mro__)


def learned_boxes(target: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The boxes that are learned from: those of crowds are not."""
    alone = target["iscrowd"] == 0
    return {name: target[name][alone] for name in ("boxes", "labels")}

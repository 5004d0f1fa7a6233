"""The losses of a detector, which its class gives by torchvision's names."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

PREFIX = "loss_"
"""The beginning of some of torchvision's names, which a figure's name ends with."""


def weighed(
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

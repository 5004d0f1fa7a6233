"""The losses that a detector has of its own."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from netspec.recipe.function import Function
from netspec.recipe.losses.base import Loss


class Detector(Loss):
    """The sum of the losses that a network with a section `detector` has: of classes, of boxes, and so on.

    They are those of its kind, as torchvision has them; what each is, its paper tells. Each is shown by its name, and
    counts once in the sum unless `weights` says otherwise.

    Attributes:
        weights: The factor of a loss in the sum, by its name: `{box_reg: 2.0}`.
    """

    key: ClassVar[str] = "detector"
    for_boxes: ClassVar[str] = "netspec.functional.detection.weighed_losses"
    main: ClassVar[str | None] = "weights"

    weights: dict[str, Annotated[float, Field(ge=0, le=1e6)]] | None = None

    def of_boxes(self) -> Function:
        """The function of the losses that the detector gives, by their names."""
        return Function(self.dotted(self.for_boxes), {"weights": self.weights or {}})

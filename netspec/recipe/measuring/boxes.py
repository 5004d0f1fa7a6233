"""The meter of detectors: the losses by name, and COCO's average precision. Imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from netspec.functional.figures import mean_loss
from netspec.functional.of_boxes import Boxes, OfClass, figures_of_boxes, of_classes
from netspec.recipe.libraries import require
from netspec.recipe.measuring.meters import Meter


class LossMeter(Meter):
    """Counts the losses of a detector by the names of their figures, their sum first: cheap enough for every step."""

    def __init__(self, losses: Sequence[str], device: torch.device) -> None:
        super().__init__(dict.fromkeys(losses, mean_loss), lambda outputs, targets: (outputs, targets), device)

    @torch.no_grad()
    def update(self, outputs: Any, targets: Any, loss: Any) -> None:
        """Count a batch.

        Args:
            outputs: What the detector finds; nothing in training.
            targets: The boxes that there are, of each image.
            loss: The batch's means by name: `loss`, `classification.loss`, ...
        """
        self._batches += 1
        images = torch.tensor(len(targets))
        for name, metric in self._figures.counted.items():
            metric.update(loss[name].detach().double(), images)


class BoxMeter(LossMeter):
    """Counts the losses and the boxes.

    Args:
        losses: The names of the losses' figures.
        classes: The number of classes, without the background.
        device: The device to count losses on.
        boxes: Counts the boxes.
    """

    def __init__(self, losses: Sequence[str], classes: int, device: torch.device, boxes: Boxes) -> None:
        super().__init__(losses, device)
        self._classes, self._boxes = classes, boxes
        self._told: tuple[dict[str, float], list[OfClass]] | None = None

    def update(self, outputs: Any, targets: Any, loss: Any) -> None:
        """Count a batch, as `LossMeter` does, and the boxes of each image that the detector finds."""
        super().update(outputs, targets, loss)
        self._boxes.update(outputs, targets)
        self._told = None

    def figures(self) -> dict[str, float]:
        """The losses and the figures of boxes, by the names of ``metrics.json``."""
        losses = super().figures()
        return {"loss": losses["loss"], **self._counted()[0], **losses}

    def classes(self) -> list[OfClass]:
        """The figures of each class, in their order."""
        return self._counted()[1]

    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        self._boxes.reset()
        self._told = None

    def _counted(self) -> tuple[dict[str, float], list[OfClass]]:
        if self._told is None:
            require("pycocotools", what="the average precision of boxes")
            whole = self._boxes.of_all()
            precision, recall = whole.arrays(self._classes)
            self._told = figures_of_boxes(precision, recall), of_classes(whole, precision, recall)
        return self._told

"""The meter of detectors: the losses by name, and COCO's average precision. Imports torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed

from netspec.functional.figures import Quotient
from netspec.recipe.libraries import require
from netspec.recipe.measuring.meters import Meter

Found = Sequence[Mapping[str, Tensor]]
"""For each image `boxes` [N, 4], left, top, right and bottom in pixels, `labels` [N] from 1, and `scores` [N]."""

_OVERLAPS = np.linspace(0.5, 0.95, 10).tolist()
_RECALLS = np.linspace(0, 1, 101).tolist()
"""As COCO's own evaluation has them, in double precision: where a recall is reached just so, one that is rounded
otherwise takes another precision."""

_HALF, _THREE_QUARTERS = 0, 5
"""The places of the overlaps that have a figure of their own."""

_MOST = 100
"""Boxes of an image that count, the best ones, as COCO has it."""


@dataclass(frozen=True, slots=True)
class OfClass:
    """How well the objects of a class are found; nan for what no object tells.

    Attributes:
        objects: Their number; those of a crowd are left out.
        figures: The figures by the names of ``metrics.json``.
        precision: At an overlap of 0.5, at each of 101 recalls from 0 to 1; empty where there is no object.
    """

    objects: int
    figures: Mapping[str, float]
    precision: Sequence[float]


class Boxes:
    """The boxes of some images that were found, and those that there are, on the CPU."""

    def __init__(self) -> None:
        self._found: list[dict[str, Tensor]] = []
        self._true: list[dict[str, Tensor]] = []

    def update(self, found: Found, true: Found) -> None:
        """Count a batch; waits for the device."""
        self._found += [_here(each, ("boxes", "scores", "labels")) for each in found]
        self._true += [_here(each, ("boxes", "labels", "area", "iscrowd")) for each in true]

    def reset(self) -> None:
        """Begin anew."""
        self._found, self._true = [], []

    def figures(self, classes: int) -> tuple[dict[str, float], list[OfClass]]:
        """The figures by name, and those of each class; nan for what no object tells.

        All processes must call it, and all get the figures of the whole.

        Args:
            classes: The number of classes: labels are 1 to that.

        Raises:
            NetspecError: NS0904: torchmetrics or pycocotools is not installed.
        """
        require("torchmetrics", "pycocotools", what="the average precision of boxes")
        from torchmetrics.detection import MeanAveragePrecision

        metric = MeanAveragePrecision(
            iou_thresholds=_OVERLAPS,
            rec_thresholds=_RECALLS,
            backend="pycocotools",
            extended_summary=True,
            sync_on_compute=False,
        )
        metric.warn_on_many_detections = False
        found, true = _of_all(self._found), _of_all(self._true)
        if not found:
            empty = _figures(torch.full((10, 101, 1, 4, 3), -1.0), torch.full((10, 1, 4, 3), -1.0))
            return empty, [OfClass(0, empty, ())] * classes
        metric.update(found, true)
        told = metric.compute()
        precision, recall = told["precision"].double(), told["recall"].double()
        place = {int(label): index for index, label in enumerate(told["classes"].reshape(-1).tolist())}
        objects = torch.cat([each["labels"][each["iscrowd"] == 0] for each in true]).bincount(minlength=classes + 1)
        return _figures(precision, recall), [
            _of_class(precision, recall, place.get(label), int(objects[label])) for label in range(1, classes + 1)
        ]


def _of_class(precision: Tensor, recall: Tensor, index: int | None, objects: int) -> OfClass:
    """The figures of a class by its place in the arrays; None where it has none."""
    at = slice(index, index + 1) if index is not None else slice(0)
    curve = precision[_HALF, :, at, 0, -1].flatten().tolist() if objects else ()
    return OfClass(objects, _figures(precision[:, :, at], recall[:, at]), tuple(curve))


def _figures(precision: Tensor, recall: Tensor) -> dict[str, float]:
    """The figures of COCO's arrays.

    Args:
        precision: By overlap, recall, class, area (all, small, medium, large) and boxes of an image (1, 10, 100).
        recall: By overlap, class, area and boxes of an image.
    """
    return {
        "map": _mean(precision[:, :, :, 0, -1]),
        "map50": _mean(precision[_HALF, :, :, 0, -1]),
        "map75": _mean(precision[_THREE_QUARTERS, :, :, 0, -1]),
        "map_small": _mean(precision[:, :, :, 1, -1]),
        "map_medium": _mean(precision[:, :, :, 2, -1]),
        "map_large": _mean(precision[:, :, :, 3, -1]),
        f"mar{_MOST}": _mean(recall[:, :, 0, -1]),
    }


def _mean(values: Tensor) -> float:
    """The mean of what is told; COCO's arrays have -1 for what no object tells."""
    known = values[values > -1]
    return float(known.mean()) if known.numel() else math.nan


def _here(boxes: Mapping[str, Tensor], names: Sequence[str]) -> dict[str, Tensor]:
    return {name: boxes[name].detach().cpu() for name in names if name in boxes}


def _of_all(own: list[dict[str, Tensor]]) -> list[dict[str, Tensor]]:
    """The boxes of all processes."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return own
    each: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(each, own)
    return [boxes for part in each for boxes in part]


class LossMeter(Meter):
    """Counts the losses of a detector by the names of their figures, their sum first: cheap enough for every step."""

    def __init__(self, losses: Sequence[str], device: torch.device) -> None:
        super().__init__(dict.fromkeys(losses, _of_images), lambda outputs, targets: (outputs, targets), device)

    @torch.no_grad()
    def update(self, outputs: Any, targets: Any, loss: Any) -> None:
        """Count a batch.

        Args:
            outputs: What the detector finds; nothing in training.
            targets: The boxes that there are, of each image.
            loss: The batch's means by name: `loss`, `classification.loss`, ...
        """
        self._batches += 1
        for name, metric in self._figures.counted.items():
            metric.update(loss[name].detach().double(), targets)


def _of_images() -> Quotient:
    """The counter of the mean over images."""
    return Quotient(lambda loss, images: (loss * len(images), len(images)))


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
            self._told = self._boxes.figures(self._classes)
        return self._told

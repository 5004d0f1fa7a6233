"""The figures of a detector: its losses, and COCO's average precision of its boxes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from netspec.functional.figures import Figures, mean_loss

BoxesOfImages = Sequence[Mapping[str, Tensor]]
"""For each image `boxes` [N, 4], left, top, right and bottom in pixels, and `labels`
[N] from 1; found ones have `scores` [N], true ones `area` and `iscrowd` [N]."""

_HALF, _THREE_QUARTERS = 0, 5
"""The places, among overlaps 0.50, 0.55, ..., of those that have a figure."""


@dataclass(frozen=True)
class OfClass:
    """How well the objects of a class are found; nan for what no object tells.

    Attributes:
        objects: Their number; those of a crowd are left out.
        figures: The figures by name.
        precision: At an overlap of 0.5, at each of 101 recalls from 0 to 1; empty where
            there is no object.
    """

    objects: int
    figures: Mapping[str, float]
    precision: Sequence[float]


class Boxes:
    """The boxes of some images that were found, and those that there are."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self.true: list[dict[str, Any]] = []

    def update(self, found: BoxesOfImages, true: BoxesOfImages) -> None:
        """Count a batch; waits for the device."""
        self.found += [as_arrays(each) for each in found]
        self.true += [as_arrays(each) for each in true]

    def reset(self) -> None:
        """Begin anew."""
        self.found, self.true = [], []

    def of_all(self) -> Boxes:
        """The boxes of all processes together; each of them must ask."""
        whole = Boxes()
        whole.found, whole.true = map(of_all_processes, (self.found, self.true))
        return whole

    def arrays(self, classes: int) -> tuple[Any, Any]:
        """Precision and recall, as `evaluated` gives them.

        Args:
            classes: The number of classes: labels are 1 to that.
        """
        if self.found:
            return evaluated(self.found, self.true, classes)
        empty = np.full((10, 101, classes, 4, 3), -1.0)
        return empty, empty[:, 0]


def of_classes(boxes: Boxes, precision: Any, recall: Any) -> list[OfClass]:
    """The figures of each class.

    Args:
        boxes: Those that were found, and those that there are.
        precision: As `evaluated` gives it of them.
        recall: The same.
    """
    objects = np.zeros(precision.shape[2] + 1, dtype=int)
    for each in boxes.true:
        labels = each["labels"][each["iscrowd"] == 0]
        objects += np.bincount(labels, minlength=len(objects))
    return [
        of_class(precision, recall, label, int(objects[label + 1]))
        for label in range(precision.shape[2])
    ]


def evaluated(
    found: list[dict[str, Any]], true: list[dict[str, Any]], classes: int
) -> tuple[Any, Any]:
    """COCO's own evaluation of boxes (Lin et al. 2014, arXiv:1405.0312).

    Returns:
        Precision by overlap, recall, class, area (all, small, medium, large) and boxes
        of an image (1, 10, 100); and recall by the same but recalls. They are -1 for
        what no object tells.
    """
    from pycocotools.coco import COCO  # type: ignore[import-untyped]
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]

    wanted, told = COCO(), COCO()
    categories = [{"id": label} for label in range(1, classes + 1)]
    for data, part in ((wanted, true), (told, found)):
        data.dataset = {
            "images": [{"id": image} for image in range(len(true))],
            "annotations": annotations_of(part),
            "categories": categories,
        }
    with redirect_stdout(io.StringIO()):
        wanted.createIndex()
        told.createIndex()
        run = COCOeval(wanted, told, "bbox")
        run.evaluate()
        run.accumulate()
    return run.eval["precision"], run.eval["recall"]


def annotations_of(images: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The boxes of images as COCO writes them: left, top, width and height."""
    made: list[dict[str, Any]] = []
    for image, each in enumerate(images):
        boxes, count = each["boxes"], len(each["labels"])
        sides = boxes[:, 2:] - boxes[:, :2]
        area = each.get("area", sides.astype(float).prod(1)).tolist()
        crowd = each.get("iscrowd", np.zeros(count, dtype=int)).tolist()
        scores = each.get("scores", np.zeros(count)).tolist()
        written = np.concatenate([boxes[:, :2], sides], axis=1).tolist()
        labels = each["labels"].tolist()
        for row in range(count):
            made.append(
                {
                    "id": len(made) + 1,
                    "image_id": image,
                    "category_id": labels[row],
                    "bbox": written[row],
                    "area": area[row],
                    "iscrowd": crowd[row],
                    "score": scores[row],
                }
            )
    return made


def of_class(precision: Any, recall: Any, index: int, objects: int) -> OfClass:
    """The figures of a class by its place in the arrays."""
    at = slice(index, index + 1)
    curve = precision[_HALF, :, index, 0, -1].tolist() if objects else ()
    figures = figures_of_boxes(precision[:, :, at], recall[:, at])
    return OfClass(objects, figures, tuple(curve))


def figures_of_boxes(precision: Any, recall: Any) -> dict[str, float]:
    """The figures of COCO's arrays, as `evaluated` gives them."""
    return {
        "map": mean_of_told(precision[:, :, :, 0, -1]),
        "map50": mean_of_told(precision[_HALF, :, :, 0, -1]),
        "map75": mean_of_told(precision[_THREE_QUARTERS, :, :, 0, -1]),
        "map_small": mean_of_told(precision[:, :, :, 1, -1]),
        "map_medium": mean_of_told(precision[:, :, :, 2, -1]),
        "map_large": mean_of_told(precision[:, :, :, 3, -1]),
        "mar100": mean_of_told(recall[:, :, 0, -1]),
    }


def mean_of_told(values: Any) -> float:
    """The mean of what is told; COCO's arrays have -1 for what no object tells."""
    known = values[values > -1]
    return float(known.mean()) if known.size else float("nan")


def as_arrays(boxes: Mapping[str, Tensor]) -> dict[str, Any]:
    """The boxes of an image on the CPU."""
    return {name: each.detach().cpu().numpy() for name, each in boxes.items()}


def of_all_processes(own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The boxes of all processes."""
    if not (dist.is_available() and dist.is_initialized()):
        return own
    each: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(each, own)
    return [boxes for part in each for boxes in part]


class LossFigures(Figures):
    """The means of a detector's losses over images, by the names of their figures."""

    def __init__(self, losses: Sequence[str], device: torch.device) -> None:
        super().__init__(dict.fromkeys(losses, mean_loss), device)

    def update(self, outputs: Any, targets: Any, loss: Any, weight: Any = None) -> None:
        """Count the losses of a batch, by name, and `targets`, one of each image."""
        images = torch.tensor(len(targets))
        for name, metric in self.counted.items():
            metric.update(loss[name].detach().double(), images)


class BoxFigures(LossFigures):
    """The same with the average precision of the boxes that are found."""

    def __init__(
        self, losses: Sequence[str], classes: int, device: torch.device
    ) -> None:
        super().__init__(losses, device)
        self.classes, self.boxes = classes, Boxes()

    def update(self, outputs: Any, targets: Any, loss: Any, weight: Any = None) -> None:
        """Count a batch: the boxes that are found, those that there are, and losses."""
        super().update(outputs, targets, loss)
        self.boxes.update(outputs, targets)

    def values(self) -> dict[str, float]:
        """All figures by name, the loss first."""
        losses = super().values()
        found = figures_of_boxes(*self.boxes.arrays(self.classes))
        return {"loss": losses["loss"], **found, **losses}

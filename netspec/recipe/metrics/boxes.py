"""Metrics of boxes."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.function import Function, functional
from netspec.recipe.metrics.base import Metric

FIGURES = {
    "map": "mAP",
    "map50": "mAP50",
    "map75": "mAP75",
    "map_small": "mAP small",
    "map_medium": "mAP medium",
    "map_large": "mAP large",
    "mar100": "mAR",
}
"""The titles of the figures by their names."""


class BoxPrecision(Metric):
    """COCO's average precision: the mean over classes, over 101 recalls, over overlaps of 0.50, 0.55, ... to 0.95.

    `map50` and `map75` are at one overlap; `map_small`, `map_medium` and `map_large` of objects of less than 32², of up
    to 96², and of more pixels; `mar100` is the recall that 100 boxes of an image reach, over the same overlaps
    (Lin et al. 2014, arXiv:1405.0312). pycocotools counts, as COCO's own evaluation does.
    """

    key: ClassVar[str] = "map"
    title: ClassVar[str] = FIGURES["map"]
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("detection",)
    also: ClassVar[tuple[str, ...]] = ("coco_map", "box_map", "mean_ap")

    @classmethod
    def names(cls, figure: str) -> bool:
        return figure in FIGURES

    @classmethod
    def titled(cls, figure: str) -> str:
        return FIGURES[figure]

    @property
    def figures(self) -> tuple[str, ...]:
        return tuple(FIGURES)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        """The function that makes the counter of boxes, which takes those of images and not scores of classes."""
        return functional("of_boxes.Boxes")

"""RetinaNet: boxes in one stage."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from netspec.detectors.base import TRANSFORM, Anchored, Many, Part, Share, Sizes, anchor_generator, given
from netspec.expr.identifiers import Identifier
from netspec.program.assembly import Assembly, Made, Standing
from netspec.program.names import ModulePath, Target
from netspec.shape import Shape

SIZES = ((32, 40, 50), (64, 80, 101), (128, 161, 203), (256, 322, 406), (512, 645, 812))
"""Three sides for each level, a third of an octave apart and rounded down, as torchvision's."""

LIMITS = ("score_thresh", "nms_thresh", "detections_per_img", "fg_iou_thresh", "bg_iou_thresh", "topk_candidates")


class RetinaNet(Anchored):
    """RetinaNet (Lin et al. 2017, https://arxiv.org/abs/1708.02002), as torchvision's.

    `head.classification_head` and `head.regression_head` run on each level: for each anchor, a score for each class,
    which the focal loss trains, and how the anchor becomes a box. Options are torchvision's.
    """

    kind: ClassVar = "retinanet"

    sizes: Sizes = Field(SIZES, description="For each level, the sides of its anchors in pixels.")
    score_thresh: Share = Field(0.05, description="Score below which a detection is left out.")
    nms_thresh: Share = Field(0.5, description="Overlap from which the better detection suppresses the other.")
    detections_per_img: Many = Field(300, description="Detections of an image, the best ones.")
    fg_iou_thresh: Share = Field(0.5, description="Overlap from which an anchor is an object's, in training.")
    bg_iou_thresh: Share = Field(0.4, description="Overlap below which it is background.")
    topk_candidates: Many = Field(1000, description="Detections of a level before suppression, the best ones.")

    def parts(self) -> tuple[Part, ...]:
        """Backbone, and two heads on each level."""
        number = self.anchors()[0]
        return (
            Part("backbone", "image", (), "a block that gives the levels of the pyramid, the finest first"),
            Part(
                "head.classification_head", "levels", (None,), "a block of one result, scores of the anchors", (number,)
            ),
            Part("head.regression_head", "levels", (4 * number,), "a block of one result, boxes of the anchors"),
        )

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """Thresholds in the wrong order."""
        yield from super().wrong()
        if self.bg_iou_thresh > self.fg_iou_thresh:
            yield "bg_iou_thresh", f"{self.bg_iou_thresh}", f"at most `fg_iou_thresh`, {self.fg_iou_thresh}"

    def assembly(self, channels: Mapping[str, tuple[int, ...]], image: Shape) -> Assembly:
        """Torchvision's RetinaNet."""
        classes = channels["head.classification_head"][0] // self.anchors()[0]
        head = Made(
            Target("netspec.nn.detection.RetinaNetHeads"),
            (
                (Identifier("classification_head"), Standing(ModulePath("head.classification_head"))),
                (Identifier("regression_head"), Standing(ModulePath("head.regression_head"))),
                (Identifier("classes"), classes),
            ),
        )
        return Assembly(
            Target("torchvision.models.detection.RetinaNet"),
            (
                (Identifier("backbone"), Standing(ModulePath("backbone"), Identifier("Levels"))),
                (Identifier("num_classes"), classes),
                (Identifier("anchor_generator"), anchor_generator(self.sizes, self.aspect_ratios)),
                (Identifier("head"), head),
                *given(self, *TRANSFORM, *LIMITS),
            ),
        )

"""Faster R-CNN: boxes in two stages."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from netspec.detectors.base import (
    TRANSFORM,
    Anchored,
    Many,
    Part,
    Share,
    Sizes,
    Unequal,
    anchor_generator,
    given,
    option,
)
from netspec.expr.identifiers import Identifier
from netspec.program.assembly import Assembly, Made, Standing
from netspec.program.names import ModulePath, Target
from netspec.shape import Shape

RPN = (
    "rpn_pre_nms_top_n_train",
    "rpn_pre_nms_top_n_test",
    "rpn_post_nms_top_n_train",
    "rpn_post_nms_top_n_test",
    "rpn_nms_thresh",
    "rpn_fg_iou_thresh",
    "rpn_bg_iou_thresh",
    "rpn_batch_size_per_image",
    "rpn_positive_fraction",
    "rpn_score_thresh",
)
BOX = (
    "box_score_thresh",
    "box_nms_thresh",
    "box_detections_per_img",
    "box_fg_iou_thresh",
    "box_bg_iou_thresh",
    "box_batch_size_per_image",
    "box_positive_fraction",
)


class FasterRCNN(Anchored):
    """Faster R-CNN (Ren et al. 2015, https://arxiv.org/abs/1506.01497) on a feature pyramid, as torchvision's.

    `rpn.head` runs on each level and proposes regions: for each anchor, whether an object is there, and how the anchor
    becomes its box. `roi_heads.box_head` and `roi_heads.box_predictor` run on what is cut from the levels for each
    region, ``[C, roi_size, roi_size]``, and give the scores of the classes, of which 0 is the background, and a box for
    each. Options are torchvision's.
    """

    kind: ClassVar = "faster_rcnn"
    losses: ClassVar = ("loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg")

    sizes: Sizes = Field(
        ((32,), (64,), (128,), (256,), (512,)), description="For each level, the sides of its anchors in pixels."
    )
    roi_levels: Annotated[int, Field(ge=1, le=16)] = Field(
        4, description="The number of levels, from the finest, from which regions are cut."
    )
    roi_size: Annotated[int, Field(ge=1, le=256)] = Field(7, description="Height and width of what is cut out.")
    roi_sampling_ratio: Annotated[int, Field(ge=1, le=64)] = Field(
        2, description="Points along each axis of which an element of it is the mean."
    )
    rpn_pre_nms_top_n_train: Many = Field(2000, description="Proposals of a level before suppression, in training.")
    rpn_pre_nms_top_n_test: Many = Field(1000, description="The same in evaluation.")
    rpn_post_nms_top_n_train: Many = Field(2000, description="Proposals of an image after suppression, in training.")
    rpn_post_nms_top_n_test: Many = Field(1000, description="The same in evaluation: the regions that MACs count.")
    rpn_nms_thresh: Share = Field(0.7, description="Overlap from which the better proposal suppresses the other.")
    rpn_fg_iou_thresh: Share = Field(0.7, description="Overlap from which an anchor is an object's, in training.")
    rpn_bg_iou_thresh: Share = Field(0.3, description="Overlap below which it is background.")
    rpn_batch_size_per_image: Many = Field(256, description="Anchors of an image that the loss samples.")
    rpn_positive_fraction: Share = Field(0.5, description="The share of objects among them.")
    rpn_score_thresh: Share = Field(0.0, description="Score below which a proposal is left out.")
    box_score_thresh: Share = Field(0.05, description="Score below which a detection is left out.")
    box_nms_thresh: Share = Field(0.5, description="Overlap from which the better detection suppresses the other.")
    box_detections_per_img: Many = Field(100, description="Detections of an image, the best ones.")
    box_fg_iou_thresh: Share = Field(0.5, description="Overlap from which a region is an object's, in training.")
    box_bg_iou_thresh: Share = Field(0.5, description="Overlap below which it is background.")
    box_batch_size_per_image: Many = Field(512, description="Regions of an image that the loss samples.")
    box_positive_fraction: Share = Field(0.25, description="The share of objects among them.")

    def parts(self) -> tuple[Part, ...]:
        """Backbone, proposals on each level, and two heads for a region."""
        number = self.anchors()[0]
        return (
            Part("backbone", "image", (), "a block that gives the levels of the pyramid, the finest first"),
            Part("rpn.head", "levels", (number, 4 * number), "a block of two results, scores and boxes of the anchors"),
            Part("roi_heads.box_head", "region", (None,), "a block of one result"),
            Part(
                "roi_heads.box_predictor",
                "roi_heads.box_head",
                (None, None),
                "a block of two results, the scores of the classes and a box for each",
            ),
        )

    def classes(self, assembly: Assembly, channels: Mapping[str, tuple[int, ...]]) -> int:
        """The scores of a region."""
        return channels["roi_heads.box_predictor"][0]

    def region(self, levels: tuple[Shape, ...]) -> Shape | None:
        """The channels of the levels, and `roi_size`."""
        return levels[0][0], self.roi_size, self.roi_size

    @property
    def regions(self) -> int:
        """The proposals that are left in evaluation."""
        return self.rpn_post_nms_top_n_test

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """More levels to cut from than there are, thresholds in the wrong order."""
        yield from super().wrong()
        if self.roi_levels > len(self.sizes):
            yield "roi_levels", f"{self.roi_levels}", f"at most {len(self.sizes)}, the number of levels in `sizes`"
        for family in ("rpn", "box"):
            low, high = getattr(self, f"{family}_bg_iou_thresh"), getattr(self, f"{family}_fg_iou_thresh")
            if low > high:
                yield f"{family}_bg_iou_thresh", f"{low}", f"at most `{family}_fg_iou_thresh`, {high}"

    def unequal(self, channels: Mapping[str, tuple[int, ...]]) -> Unequal | None:
        """Another number of boxes than four coordinates for each class."""
        scores, boxes = channels["roi_heads.box_predictor"]
        if boxes == 4 * scores:
            return None
        message, wanted = "another number of boxes than of classes", f"[{4 * scores}], a box for each class"
        return Unequal("roi_heads.box_predictor", message, f"{boxes}", wanted)

    def assembly(self, channels: Mapping[str, tuple[int, ...]], image: Shape) -> Assembly:
        """Torchvision's FasterRCNN."""
        pooling = Made(
            Target("torchvision.ops.MultiScaleRoIAlign"),
            (
                option(tuple(map(str, range(self.roi_levels))), "featmap_names"),
                option(self.roi_size, "output_size"),
                option(self.roi_sampling_ratio, "sampling_ratio"),
            ),
        )
        return Assembly(
            Target("torchvision.models.detection.FasterRCNN"),
            (
                (Identifier("backbone"), Standing(ModulePath("backbone"), Identifier("Levels"))),
                (Identifier("rpn_anchor_generator"), anchor_generator(self.sizes, self.aspect_ratios)),
                (Identifier("rpn_head"), Standing(ModulePath("rpn.head"), Identifier("ProposalHead"))),
                (Identifier("box_roi_pool"), pooling),
                (Identifier("box_head"), Standing(ModulePath("roi_heads.box_head"))),
                (Identifier("box_predictor"), Standing(ModulePath("roi_heads.box_predictor"))),
                *given(self, *TRANSFORM, *RPN, *BOX),
            ),
        )

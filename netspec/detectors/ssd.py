"""SSD: boxes in one stage, from maps of their own widths, each with a head of its own."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from netspec.detectors.base import (
    NORMALISATION,
    Many,
    Normalising,
    Part,
    Ratios,
    Share,
    Side,
    Unequal,
    columns,
    given,
    option,
)
from netspec.expr.identifiers import Identifier
from netspec.program.assembly import Argument, Assembly, Made, Standing
from netspec.program.names import ModulePath, Target
from netspec.shape import Shape

RATIOS = ((2,), (2, 3), (2, 3), (2, 3), (2,), (2,))
"""Those of SSD300: no 3 on the finest map and on the two coarsest."""

BOXES = ("min_ratio", "max_ratio", "scales", "steps", "clip")

LIMITS = ("score_thresh", "nms_thresh", "detections_per_img", "iou_thresh", "topk_candidates", "positive_fraction")

SCORES, BOXES_HEAD = "head.classification_head", "head.regression_head"


class SSD(Normalising):
    """SSD (Liu et al. 2016, https://arxiv.org/abs/1512.02325), as torchvision's: images of one size, the input's.

    `head.classification_head` and `head.regression_head` take all levels, of any widths, and give a map for each: for
    each default box, a score for each class, of which 0 is the background, and how the default box becomes a box.
    Options are torchvision's.
    """

    kind: ClassVar = "ssd"

    aspect_ratios: Annotated[tuple[Ratios, ...], Field(min_length=1, max_length=16)] = Field(
        RATIOS,
        description="For each level, width over height of its default boxes, each turned as well, beside two squares.",
    )
    min_ratio: Side = Field(0.15, description="The side of the finest level's squares, as a share of the image.")
    max_ratio: Side = Field(
        0.9, description="The same of the coarsest level's, between which the others are evenly spaced."
    )
    scales: Annotated[tuple[Side, ...], Field(min_length=2, max_length=17)] | None = Field(
        None, description="Each level's share in place of the two, and one more for the last level's second square."
    )
    steps: Annotated[tuple[Side, ...], Field(min_length=1, max_length=16)] | None = Field(
        None, description="Each level's stride in pixels, in place of the image's size divided by the map's."
    )
    clip: bool = Field(True, description="Whether no default box is larger than the image.")
    score_thresh: Share = Field(0.01, description="Score below which a detection is left out.")
    nms_thresh: Share = Field(0.45, description="Overlap from which the better detection suppresses the other.")
    detections_per_img: Many = Field(200, description="Detections of an image, the best ones.")
    iou_thresh: Share = Field(0.5, description="Overlap from which a default box is an object's, in training.")
    topk_candidates: Many = Field(400, description="Detections of a class before suppression, the best ones.")
    positive_fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        0.25, description="The share of objects among the default boxes whose scores the loss takes."
    )

    def anchors(self) -> tuple[int, ...]:
        """Two squares, and two boxes for each ratio."""
        return tuple(2 + 2 * len(each) for each in self.aspect_ratios)

    def parts(self) -> tuple[Part, ...]:
        """Backbone, and two heads on all levels together."""
        anchors = self.anchors()
        free = (None,) * len(anchors)
        boxes = tuple(4 * each for each in anchors)
        return (
            Part("backbone", "image", (), "a block that gives the levels, the finest first"),
            Part(SCORES, "pyramid", free, "a block of a result for each level, scores of its default boxes", anchors),
            Part(BOXES_HEAD, "pyramid", boxes, "a block of a result for each level, boxes of its default boxes"),
        )

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """Lists that are not as long as there are levels, ends in the wrong order or beside a list of all."""
        yield from super().wrong()
        levels = len(self.aspect_ratios)
        if self.scales is not None and len(self.scales) != levels + 1:
            expected = f"{levels + 1}, one more than `aspect_ratios` has levels"
            yield "scales", f"{len(self.scales)}", expected
        if self.steps is not None and len(self.steps) != levels:
            yield "steps", f"{len(self.steps)}", f"{levels}, one for each level of `aspect_ratios`"
        if self.scales is not None:
            yield from (
                (name, f"{getattr(self, name)} beside `scales`", "one of the two")
                for name in ("min_ratio", "max_ratio")
                if name in self.model_fields_set
            )
        elif self.max_ratio < self.min_ratio:
            yield "max_ratio", f"{self.max_ratio}", f"at least `min_ratio`, {self.min_ratio}"

    def unequal(self, channels: Mapping[str, tuple[int, ...]]) -> Unequal | None:
        """Levels with scores of other numbers of classes."""
        classes = columns(channels[SCORES], self.anchors())
        if len(set(classes)) == 1:
            return None
        found = ", ".join(map(str, classes))
        return Unequal(SCORES, "another number of classes for each level", found, "one number for all levels")

    def assembly(self, channels: Mapping[str, tuple[int, ...]], image: Shape) -> Assembly:
        """Torchvision's SSD."""
        classes = columns(channels[SCORES], self.anchors())[0]
        ratios: tuple[tuple[Identifier, Argument], ...] = (option(self.aspect_ratios, "aspect_ratios"),)
        boxes = Made(
            Target("torchvision.models.detection.anchor_utils.DefaultBoxGenerator"), ratios + given(self, *BOXES)
        )
        head = Made(
            Target("netspec.nn.detection.SSDHeads"),
            (
                (Identifier("classification_head"), Standing(ModulePath(SCORES))),
                (Identifier("regression_head"), Standing(ModulePath(BOXES_HEAD))),
                (Identifier("classes"), classes),
            ),
        )
        return Assembly(
            Target("torchvision.models.detection.ssd.SSD"),
            (
                (Identifier("backbone"), Standing(ModulePath("backbone"), Identifier("Levels"))),
                (Identifier("anchor_generator"), boxes),
                (Identifier("size"), (image[2], image[1])),
                (Identifier("num_classes"), classes),
                (Identifier("head"), head),
                *given(self, *NORMALISATION, *LIMITS),
            ),
        )

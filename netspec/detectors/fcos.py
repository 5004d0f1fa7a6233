"""FCOS: boxes in one stage, from points."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from netspec.detectors.base import TRANSFORM, Many, Part, Resizing, Share, Sizes, anchor_generator, given
from netspec.expr.identifiers import Identifier
from netspec.program.assembly import Assembly, Made, Standing
from netspec.program.names import ModulePath, Target
from netspec.shape import Shape

LIMITS = ("center_sampling_radius", "score_thresh", "nms_thresh", "detections_per_img", "topk_candidates")


class FCOS(Resizing):
    """FCOS (Tian et al. 2019, https://arxiv.org/abs/1904.01355), as torchvision's: without anchors of several shapes.

    `head.classification_head` and `head.regression_head` run on each level: at each point, a score for each class; the
    distances to the four sides of a box, and how close the point is to its centre. Options are torchvision's.
    """

    kind: ClassVar = "fcos"
    losses: ClassVar = ("classification", "bbox_regression", "bbox_ctrness")

    sizes: Sizes = Field(
        ((8,), (16,), (32,), (64,), (128,)),
        description="For each level, its stride in pixels: objects of 4 to 8 times as much are found there.",
    )
    center_sampling_radius: Annotated[float, Field(gt=0, le=1000)] = Field(
        1.5, description="Strides from the centre of an object within which a point is its own, in training."
    )
    score_thresh: Share = Field(0.2, description="Score below which a detection is left out.")
    nms_thresh: Share = Field(0.6, description="Overlap from which the better detection suppresses the other.")
    detections_per_img: Many = Field(100, description="Detections of an image, the best ones.")
    topk_candidates: Many = Field(1000, description="Detections of a level before suppression, the best ones.")

    def anchors(self) -> tuple[int, ...]:
        """A point at each position."""
        return (1,) * len(self.sizes)

    def parts(self) -> tuple[Part, ...]:
        """Backbone, and two heads on each level."""
        distances = "a block of two results, distances to four sides, and closeness to the centre"
        return (
            Part("backbone", "image", (), "a block that gives the levels of the pyramid, the finest first"),
            Part("head.classification_head", "levels", (None,), "a block of one result, scores of the classes"),
            Part("head.regression_head", "levels", (4, 1), distances),
        )

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """More than one size of a level."""
        yield from super().wrong()
        if any(len(each) > 1 for each in self.sizes):
            yield "sizes", f"{[list(each) for each in self.sizes]}", "one for each level"

    def unlike(self, image: Shape, levels: tuple[Shape, ...]) -> tuple[str, str, str] | None:
        """Sizes that are not the strides: by its size a level's points are as far apart as they are told to be.

        A size s goes with all that layers of stride s make of n pixels, ``floor(n / s)`` to ``ceil(n / s)`` points.
        """
        for (size,), level in zip(self.sizes, levels, strict=True):
            if any(not n // size <= found <= -(-n // size) for n, found in zip(image[1:], level[1:], strict=True)):
                strides = [[_stride(image, each)] for each in levels]
                return "sizes", f"{[list(each) for each in self.sizes]}", f"the strides of the levels, {strides}"
        return None

    def assembly(self, channels: Mapping[str, tuple[int, ...]], image: Shape) -> Assembly:
        """Torchvision's FCOS."""
        classes = channels["head.classification_head"][0]
        head = Made(
            Target("netspec.nn.detection.FCOSHeads"),
            (
                (Identifier("classification_head"), Standing(ModulePath("head.classification_head"))),
                (Identifier("regression_head"), Standing(ModulePath("head.regression_head"))),
                (Identifier("classes"), classes),
            ),
        )
        return Assembly(
            Target("torchvision.models.detection.FCOS"),
            (
                (Identifier("backbone"), Standing(ModulePath("backbone"), Identifier("Levels"))),
                (Identifier("num_classes"), classes),
                (Identifier("anchor_generator"), anchor_generator(self.sizes, (1.0,))),
                (Identifier("head"), head),
                *given(self, *TRANSFORM, *LIMITS),
            ),
        )


def _stride(image: Shape, level: Shape) -> int:
    """The stride of a level in pixels, as torchvision works it out from the heights."""
    return image[1] // level[1]

"""Augmentations that give each image a size of its own: they are for images with boxes alone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from netspec.recipe.augment.base import Augmentation, Fractions, Geometric, Ratios, Share, bounds
from netspec.recipe.function import Function


def _several(value: object) -> object:
    """Reads a number, or a list of some."""
    return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, int | float) else value


class _OwnSize(Augmentation):
    """Gives each image a size of its own."""

    sizes: ClassVar[bool] = True


class _Scaled(_OwnSize, Geometric):
    """Has axes that are longer by a factor in `scale`."""

    scale: Annotated[tuple[float, float], bounds(0, 8)]

    @property
    def growth(self) -> float:
        return max(1.0, self.scale[1])


class ScaleJitter(_Scaled):
    """Larger or smaller by a factor in `scale`, the same along both axes; the size changes with it.

    For images with boxes alone, which may differ in size. `crop` after it makes the sizes alike.
    """

    key: ClassVar[str] = "scale_jitter"
    also: ClassVar[tuple[str, ...]] = ("random_scale", "large_scale_jitter")
    main: ClassVar[str | None] = "scale"
    rule: ClassVar[str] = "netspec.functional.augment.geometric.rescale"
    placed: ClassVar[str | None] = "rescale"
    drawn: ClassVar[int] = 1

    scale: Annotated[tuple[float, float], bounds(0, 8)] = (0.5, 2.0)


class ZoomOut(_Scaled):
    """Put somewhere on a black ground, with probability `p`, that is larger by a factor in `scale` along both axes.

    So objects become small ones (SSD's expansion, arXiv:1512.02325). For images with boxes alone.
    """

    key: ClassVar[str] = "zoom_out"
    also: ClassVar[tuple[str, ...]] = ("random_zoom_out", "expand")
    main: ClassVar[str | None] = "scale"
    drawn: ClassVar[int] = 4

    scale: Annotated[tuple[float, float], bounds(0, 8)] = (1.0, 4.0)
    p: Share = 0.5

    @model_validator(mode="after")
    def _check_scale(self) -> Self:
        if self.scale[0] < 1:
            raise ValueError("`scale` is 1 or more: `scale_jitter` is what makes images smaller")
        return self


class IouCrop(_OwnSize):
    """A piece that overlaps an object by one of `overlaps`, at least, as IoU; 1 takes all (SSD, arXiv:1512.02325).

    Its sides are shares of the image's in `scale`, its width over its height in `ratio`. Objects whose middles it cuts
    off are dropped, and of the others what leaves it. Where none of `tries` pieces will do, another overlap is drawn.
    For images with boxes alone.
    """

    key: ClassVar[str] = "iou_crop"
    also: ClassVar[tuple[str, ...]] = ("random_iou_crop",)
    main: ClassVar[str | None] = "overlaps"
    drawn: ClassVar[int] = 1

    overlaps: Annotated[tuple[Share, ...], BeforeValidator(_several)] = Field(
        (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0), min_length=1, max_length=32
    )
    scale: Fractions = (0.3, 1.0)
    ratio: Ratios = (0.5, 2.0)
    tries: int = Field(40, ge=1, le=1000)

    def function(self) -> Function:
        """There is none for a batch of one size, which no recipe asks for."""
        raise NotImplementedError

    def boxed(self) -> Function:
        return self.ruled("augment.boxed")

"""Images that grow and shrink, where they may differ in size."""

from __future__ import annotations

from typing import Annotated, ClassVar

from netspec.recipe.augment.base import Geometric, bounds


class ScaleJitter(Geometric):
    """Larger or smaller by a factor in `scale`, the same along both axes; the size changes with it.

    For images with boxes alone, which may differ in size. `crop` after it makes the sizes alike.
    """

    key: ClassVar[str] = "scale_jitter"
    also: ClassVar[tuple[str, ...]] = ("random_scale", "large_scale_jitter")
    main: ClassVar[str | None] = "scale"
    rule: ClassVar[str] = "netspec.functional.augment.geometric.rescale"
    placed: ClassVar[str] = "rescale"
    drawn: ClassVar[int] = 1

    scale: Annotated[tuple[float, float], bounds(0, 8)] = (0.5, 2.0)

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        raise ValueError("`scale_jitter` gives images of many sizes: it is for images with boxes alone")

"""The facts of a data set that augmentations need."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """The facts that hold for all images of a data set.

    Attributes:
        brightest: The largest value that a pixel can have; the least is 0.
        neutral: For each channel, or for all, the pixel that becomes 0 once normalised.
        classes: Their number; 0 where targets are no classes.
        ignored: The label of the pixels of a mask [B, H, W] that have no class.
    """

    brightest: float
    neutral: tuple[float, ...]
    classes: int = 0
    ignored: int = 255

"""What augmentations need to know of a data set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """What is true of all images of a data set.

    Attributes:
        brightest: The largest value that a pixel can have; the least is 0.
        neutral: For each channel, or for all, the pixel that becomes 0 once normalised.
        classes: How many; 0 where targets are no classes.
        ignored: What stands in a mask [B, H, W] where nothing is to be told.
    """

    brightest: float
    neutral: tuple[float, ...]
    classes: int = 0
    ignored: int = 255

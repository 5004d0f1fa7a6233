"""Frames: bringing decoded images of any size to one size."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a piece of an image, in pixels."""


@dataclass(frozen=True)
class Frame:
    """The resize and the crop of every image.

    Attributes:
        resize: Height and width to which an image is resized; None leaves it.
        shorter: The length to which the shorter side is resized before `crop`.
        crop: Height and width of the piece from the middle; None takes all.
    """

    resize: tuple[int, int] | None = None
    shorter: int | None = None
    crop: tuple[int, int] | None = None

    def box(self, height: int, width: int) -> tuple[Box | None, tuple[int, int]]:
        """The piece of an image that is taken, None for all, and its size then.

        Raises:
            ValueError: The image is smaller than the piece.
        """
        if self.crop is None:
            return None, self.resize or (height, width)
        scale = self.shorter / min(height, width) if self.shorter else 1.0
        tall, wide = round(height * scale), round(width * scale)
        if tall < self.crop[0] or wide < self.crop[1]:
            wanted = f"{self.crop[0]}x{self.crop[1]}"
            what = f"it is smaller than the `crop` of {wanted}"
            raise ValueError(f"at {tall}x{wide} {what}")
        top, left = round((tall - self.crop[0]) / 2), round((wide - self.crop[1]) / 2)
        down, across = height / tall, width / wide
        right, bottom = (left + self.crop[1]) * across, (top + self.crop[0]) * down
        box = (left * across, top * down, min(right, width), min(bottom, height))
        return box, self.crop

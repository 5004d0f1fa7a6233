"""Image files: the formats and sizes that are read, and the frame of their pixels."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass

FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
"""Pillow's names of the formats, and how files of them end.

Pillow knows many more, among them PostScript, which it has Ghostscript run: a program
in a file that is named ``.png``.
"""

ENDINGS = tuple(ending for endings in FORMATS.values() for ending in endings)
"""The endings of files that are taken for images, in lower case."""

DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's modes of more than 8 bits, which it would clip where it converts them."""

UNLIKE = "its pixels have more than 8 bits, those of images that were looked at first 8"
ALIKE = "bring all to one depth, or write `levels` at `data`"
"""What is wrong with an image that is deeper than those before it, and the way out."""

MOST_BYTES = 1 << 29
"""The most bytes of an image file: 512 MiB, twice the pixels of the largest image."""

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(state: os.stat_result) -> str | None:
    """The kind of a path with this status, in words; None for a regular file."""
    if stat.S_ISREG(state.st_mode):
        return None
    kind = KINDS.get(stat.S_IFMT(state.st_mode), "something else")
    return f"it is {kind} and no file"


def unfit(state: os.stat_result) -> str | None:
    """The reason why a path with this status is not read as an image; or None."""
    if reason := kind_of(state):
        return reason
    size = state.st_size
    if size > MOST_BYTES:
        return f"it is {size:,} bytes; an image file is at most {MOST_BYTES:,}"
    return None


Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a piece of an image, in pixels."""


@dataclass(frozen=True)
class Frame:
    """The size of every image.

    Attributes:
        resize: Height and width to which an image is resized; None leaves it.
    """

    resize: tuple[int, int] | None = None

    def box(self, height: int, width: int) -> tuple[Box | None, tuple[int, int]]:
        """The piece of an image that is taken, None for all, and its size then."""
        return None, self.resize or (height, width)

    def fitting(self, sizes: Iterable[tuple[int, int]]) -> Frame:
        """The frame that all images need, by the widths and heights of some.

        Those of one size are kept so, and enlarged on the device.
        """
        known = set(sizes)
        width, height = next(iter(known))
        small = self.resize and self.resize[0] * self.resize[1] < height * width
        return self if len(known) > 1 or small else Frame()


class FrameOfMasks(Frame):
    """The size of every image and of its mask, which no device resizes."""

    def fitting(self, sizes: Iterable[tuple[int, int]]) -> Frame:
        """The same: masks are resized as they are read, and their images with them."""
        return self


@dataclass(frozen=True)
class Middle(Frame):
    """The piece from the middle of every image.

    Attributes:
        shorter: The length to which the shorter side is resized before; None leaves it.
        crop: Height and width of the piece.
    """

    shorter: int | None = None
    crop: tuple[int, int] = (1, 1)

    def box(self, height: int, width: int) -> tuple[Box | None, tuple[int, int]]:
        """The piece of an image that is taken, and its size then.

        Raises:
            ValueError: The image is smaller than the piece.
        """
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

    def fitting(self, sizes: Iterable[tuple[int, int]]) -> Frame:
        """The same: all pieces are of one size."""
        return self

"""The formats of image files that are read."""

from __future__ import annotations

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
"""Pillow's modes of more than 8 bits, which it would clip in silence."""

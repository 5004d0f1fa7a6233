"""The formats of image files that are read, told by their first bytes and not by their names. Imports no Pillow."""

from __future__ import annotations

NAMED = "JPEG, PNG, WebP, GIF, BMP, TIFF or PPM"
"""The formats as a sentence names them."""

HEAD = 32
"""Bytes of a file's start that tell its format."""

_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
"""Lengths that the header of a bitmap has, by its version."""


def format_of(head: bytes) -> str | None:
    """The format of a file that begins with these bytes, `HEAD` of them where there are as many; None of no other."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return "PPM"
    return None

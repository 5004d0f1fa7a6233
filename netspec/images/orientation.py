"""The orientation of a camera, from the metadata of its images. Imports Pillow in its functions alone."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from netspec.images.directory import ORIENTATION, Directories

if TYPE_CHECKING:
    from PIL.Image import Image

_IN_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


def upright(image: Image) -> Image:
    """An image turned as its EXIF says, or else its XMP; a TIFF has been by Pillow."""
    from PIL.Image import Transpose

    turn = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(_orientation(image))
    return image if turn is None or image.format == "TIFF" else image.transpose(turn)


def is_on_its_side(image: Image) -> bool:
    """Whether an image that is turned as its EXIF says is as high as it was wide; only its header is read."""
    return _orientation(image) >= 5


def _orientation(image: Image) -> int:
    exif, hexadecimal = image.info.get("exif"), image.info.get("Raw profile type exif")
    xmp = image.info.get("XML:com.adobe.xmp") or image.info.get("xmp")
    told = None
    if exif is None and isinstance(hexadecimal, str):
        with suppress(ValueError):
            exif = bytes.fromhex("".join(hexadecimal.split("\n")[3:]))
    if isinstance(exif, bytes):
        told = Directories(exif.removeprefix(b"Exif\0\0")).number(ORIENTATION)
    if told is None and isinstance(xmp, bytes | str):
        found = _IN_XMP.search(xmp.encode() if isinstance(xmp, str) else xmp)
        told = int(found[1]) if found else None
    return told or 1

"""The size of an image file by its beginning, upright. Imports Pillow in its functions alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from netspec.files.reading import OPENED
from netspec.functional.data.image_files import unfit
from netspec.images.content import content_of
from netspec.images.door import MOST_PIXELS, Unreadable, opened
from netspec.images.orientation import is_on_its_side

if TYPE_CHECKING:
    from PIL.Image import Image

_BEGINNING = 1 << 16
"""The bytes of a file that mostly have its header."""


def head_of(path: str, most: int = MOST_PIXELS) -> Image:
    """An image whose header alone is read.

    Raises:
        OSError: It cannot be read.
        Unreadable: It is no image, too large, or its header is broken.
    """
    handle = os.open(path, OPENED)
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        if reason := unfit(os.fstat(handle)):
            raise OSError(reason)
        data = file.read(_BEGINNING)
    try:
        return opened(data, most)
    except Unreadable:
        if len(data) < _BEGINNING:
            raise
        return opened(content_of(path), most)  # its header is longer, or lies at its end


def upright_size(image: Image) -> tuple[int, int]:
    """Height and width of an image, turned as its EXIF says."""
    width, height = image.size
    return (width, height) if is_on_its_side(image) else (height, width)

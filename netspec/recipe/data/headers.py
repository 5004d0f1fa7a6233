"""The headers of images in files: what tells their size and their colours before anything is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netspec.images.door import PILLOWS_MOST, Unreadable, opened
from netspec.recipe.data.raw import Files

if TYPE_CHECKING:
    from PIL.Image import Image


def headers_of(part: Files, most: int) -> Iterator[Image]:
    """Images of a part that are opened and not decoded, evenly spread, at most so many.

    What cannot be read is passed over: the training names it.
    """
    for row in range(0, len(part), max(1, -(-len(part) // most))):
        try:
            yield opened(part.source.data(row), PILLOWS_MOST)
        except (Unreadable, OSError):
            continue

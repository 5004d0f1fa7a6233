"""The one door through which image files become Pillow's images. Imports Pillow in its functions alone.

All checks come before Pillow sees a file, or before it decodes: of the format, which must be an allowed one; of the
pixels; of data that would be copied or read many times. Only the first picture of a file is ever read.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netspec.images.directory import TILE_LENGTH, TILE_WIDTH, Directories
from netspec.images.formats import HEAD, NAMED, format_of
from netspec.images.jpeg import jpeg_of

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 1 << 26
"""The most pixels of an image that is decoded, unless the recipe says so: 8,192 x 8,192; 256 MiB for Pillow."""

PILLOWS_MOST = 178_956_970
"""Pixels that Pillow itself never exceeds: no recipe can ask for more."""

_MOST_SCANS = 256
"""The most scans of a JPEG: encoders make about ten; each costs as much as all pixels."""

_PPM_HEADER = 1 << 16
"""The most bytes of the header of a PPM: Pillow reads it, and its comments, one by one."""

_SLACK = 1 << 20
"""Bytes of notes beside the pixels that are always allowed."""


class Unreadable(Exception):
    """An image cannot be decoded; its text says why, after ``it ...`` or a subject of its own."""


def opened(data: bytes, most: int = MOST_PIXELS) -> Image:
    """The first picture of an image file; only its header is read.

    Args:
        data: The file's content.
        most: The most pixels that may be decoded.

    Raises:
        Unreadable: It is of no format that is read, too large, or its header is broken.
    """
    from PIL import Image, UnidentifiedImageError

    kind = format_of(data[:HEAD])
    if kind is None:
        raise Unreadable(f"it is no image that is read ({NAMED}): it begins with {data[:8].hex(' ') or 'nothing'}")
    if kind == "WEBP":  # Pillow allocates the whole canvas to read the header
        _check_size(_webp_size(data), most)
    elif kind == "TIFF":
        data = _first_page(data, most)
    elif kind == "JPEG":
        _check_jpeg(data)
    elif kind == "PPM":
        _check_ppm(data)
    try:
        with quiet():
            image = Image.open(io.BytesIO(data), formats=(kind,))
    except Image.DecompressionBombError:
        raise Unreadable(f"it has more than {PILLOWS_MOST:,} pixels, which is too many for Pillow") from None
    except Exception as error:  # Pillow's readers raise whatever a broken file makes them stumble over
        reason = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
        raise Unreadable(f"its header is broken{reason}") from error
    _check_size(image.size, most)
    return image


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings from the user: what matters is raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_size(size: tuple[int, int], most: int) -> None:
    """Refuse a picture of too many pixels.

    Args:
        size: Its width and height.
        most: The most that it may have.
    """
    width, height = size
    if width * height > most:
        raise Unreadable(
            f"it has {width * height:,} pixels, {height:,}x{width:,}; up to {most:,} are decoded, "
            f"or up to the `max_pixels` that `data` says"
        )


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP by its first chunk (RFC 9649); 0 where it is of no known kind."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width, height


def _first_page(data: bytes, most: int) -> bytes:
    """A TIFF without its further pages, over which Pillow would walk."""
    found = Directories(data)
    _check_notes(found, len(data))
    tile = (found.number(TILE_WIDTH) or 0) * (found.number(TILE_LENGTH) or 0)
    if tile > most:
        raise Unreadable(f"it is made of tiles of {tile:,} pixels; up to {most:,} are decoded")
    if found.next is None:
        return data
    place, length = found.next
    return data[:place] + bytes(length) + data[place + length :]


def _check_ppm(data: bytes) -> None:
    """Refuse a header that does not come to an end: it has four words, or three of a bitmap, with comments between."""
    words = re.sub(rb"#[^\r\n]*", b"", data[:_PPM_HEADER]).split(None, 4)
    if len(data) > _PPM_HEADER and len(words) < (3 if data[:2] in (b"P1", b"P4") else 4):
        raise Unreadable(f"its header is longer than {_PPM_HEADER:,} bytes")


def _check_jpeg(data: bytes) -> None:
    found = jpeg_of(data)
    if found.odd or found.scans > _MOST_SCANS:
        raise Unreadable(f"it goes over its picture more than {_MOST_SCANS} times, or has too many parts")
    for notes in (bytes(found.exif), found.pictures):
        if notes:
            _check_notes(Directories(notes), len(notes))


def _check_notes(found: Directories, length: int) -> None:
    """Refuse directories whose entries take the same bytes many times over."""
    if found.size > _SLACK + 4 * length:
        raise Unreadable(f"its notes claim {found.size:,} bytes of {length:,}")

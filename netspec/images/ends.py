"""The wholeness of an image file, as far as its ends tell. Imports no Pillow."""

from __future__ import annotations

import os

from netspec.files.reading import OPENED
from netspec.functional.data.image_files import unfit
from netspec.images.content import content_of
from netspec.images.jpeg import jpeg_of

HEAD, TAIL = 8, 256
"""The first and the last bytes of a file that are looked at."""

_PNG = b"\x89PNG\r\n\x1a\n"


def cut_short(path: str) -> str | None:
    """The reason why a file is no whole image, by its first and last bytes; None where they look right.

    The end is searched for where the last bytes lack it: cameras write films behind it, disks zeros.
    """
    try:
        handle = os.open(path, OPENED)
        with open(handle, "rb") as file:  # noqa: PTH123 - a descriptor
            if reason := unfit(os.fstat(handle)):
                return reason
            head = file.read(HEAD)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            tail = file.read()
        reason = ends_early(head, tail)
        return reason and ends_early(head, tail, content_of(path))
    except OSError as error:
        return f"it cannot be read ({error.strerror or error})"


def ends_early(head: bytes, tail: bytes, whole: bytes | None = None) -> str | None:
    """The same reason, from the first 8 and the last bytes of an image.

    Args:
        head: Its first bytes.
        tail: Its last.
        whole: All bytes, where the last ones hold no end.
    """
    if not head:
        return "it is empty"
    if head.startswith(b"\xff\xd8") and b"\xff\xd9" not in tail and not (whole and jpeg_of(whole).whole):
        return "the JPEG is cut short: it has no end"
    if head == _PNG and b"IEND" not in tail and not (whole and _has_an_end(whole)):
        return "the PNG is cut short: it has no end"
    return None


def _has_an_end(png: bytes) -> bool:
    """Whether the chunks of a PNG reach the last one, whatever lies behind it."""
    at = len(_PNG)
    while at + 12 <= len(png):
        if png[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return False

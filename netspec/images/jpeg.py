"""A JPEG's markers: where it ends, how many scans it has, what it says beside its pixels. Imports no Pillow.

Format: ITU-T T.81, annex B.
"""

from __future__ import annotations

import re
from dataclasses import field

from netspec.objects.immutable import mutable

_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a length: restarts, the start, TEM."""

_EOI, _SOS, _APP1, _APP2 = 0xD9, 0xDA, 0xE1, 0xE2
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker that ends the coded pixels of a scan."""

_MOST_SEGMENTS = 1 << 16


@mutable
class Jpeg:
    """The facts that the markers of a JPEG tell.

    Attributes:
        whole: Whether the file reaches its end marker, whatever lies behind.
        scans: The number of scans over the picture.
        exif: The data of EXIF, joined as Pillow joins them.
        pictures: The list of further pictures (CIPA DC-007), where there is one.
        odd: Whether the file has more segments than were read.
    """

    whole: bool = False
    scans: int = 0
    exif: bytearray = field(default_factory=bytearray)
    pictures: bytes = b""
    odd: bool = False


def jpeg_of(data: bytes) -> Jpeg:
    """Walk over the markers of a JPEG up to its end, or to where there is no marker."""
    found, at = Jpeg(), 2
    for _ in range(_MOST_SEGMENTS):
        at = data.find(b"\xff", at)
        while data[at + 1 : at + 2] == b"\xff":  # fill bytes
            at += 1
        if at < 0 or at + 2 > len(data):
            return found
        marker = data[at + 1]
        at += 2
        if marker in _BARE:
            continue
        if marker == _EOI:
            found.whole = True
            return found
        length = int.from_bytes(data[at : at + 2], "big")
        _note(found, marker, data[at + 2 : at + max(length, 2)])
        at += max(length, 2)
        if marker == _SOS:
            found.scans += 1
            coded = _MARKER.search(data, at)
            if coded is None:
                return found
            at = coded.start()
    found.odd = True
    return found


def _note(found: Jpeg, marker: int, payload: bytes) -> None:
    """Keep what a segment tells."""
    if marker == _APP1 and payload.startswith(b"Exif\0\0"):
        found.exif += payload[6:]
    elif marker == _APP2 and payload.startswith(b"MPF\0"):
        found.pictures = payload[4:]

"""TIFF's directories, in TIFF files and in the EXIF data of others, read before Pillow copies all that they hold.

Format: TIFF 6.0, section 2, and BigTIFF; EXIF 2.3 puts the same structure into a JPEG segment. Imports no Pillow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from netspec.objects.immutable import immutable

ORIENTATION, TILE_WIDTH, TILE_LENGTH = 0x0112, 0x0142, 0x0143
_LED_TO = (0x8769, 0x8825, 0xA005)
"""Tags of further directories: EXIF's own, that of places, that of interoperability."""

_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of an element, by the number of its type."""

_SHORT, _LONG = 3, 4


@immutable
class Entry:
    """One entry.

    Attributes:
        tag: The number of its meaning.
        size: Bytes of its value, wherever they lie.
        number: Its value, where it is a single whole number; else None.
    """

    tag: int
    size: int
    number: int | None


class Directories:
    r"""The first directory of some TIFF data, and those that it leads to.

    Args:
        data: From the byte order on: ``II*\0`` or the like.

    Attributes:
        entries: The entries of all directories, those of the first directory first.
        next: The position and the length of the pointer to the second page; None where that is beyond the end.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order: Literal["little", "big"] = "little" if data[:1] == b"I" else "big"
        self._big = data[2:4] in (b"+\0", b"\0+")
        self._word = 8 if self._big else 4
        self.next: tuple[int, int] | None = None
        first = self._int(8, 8) if self._big else self._int(4, 4)
        self.entries = tuple(self._read(first, seen=set()))

    @property
    def size(self) -> int:
        """The bytes that a reader copies which takes each entry's value by itself."""
        return sum(entry.size for entry in self.entries)

    def number(self, tag: int) -> int | None:
        """The first entry of a tag, where that is a whole number."""
        return next((entry.number for entry in self.entries if entry.tag == tag), None)

    def _read(self, place: int | None, seen: set[int]) -> Iterator[Entry]:
        if place is None or place in seen:
            return
        first = not seen
        seen.add(place)
        counted, step = (8, 20) if self._big else (2, 12)
        count = self._int(place, counted)
        if count is None:
            return
        start = place + counted
        count = min(count, (len(self._data) - start) // step)
        if first and start + count * step + self._word <= len(self._data):
            self.next = start + count * step, self._word
        found = [self._entry(start + index * step) for index in range(count)]
        yield from found
        for entry in found:
            if entry.tag in _LED_TO:
                yield from self._read(entry.number, seen)

    def _entry(self, at: int) -> Entry:
        tag, kind = self._int(at, 2) or 0, self._int(at + 2, 2) or 0
        count = self._int(at + 4, self._word) or 0
        length = {_SHORT: 2, _LONG: 4, 13: 4, 16: 8, 18: 8}.get(kind)
        number = self._int(at + 4 + self._word, length) if count == 1 and length and length <= self._word else None
        return Entry(tag, count * _UNITS.get(kind, 0), number)

    def _int(self, at: int, length: int) -> int | None:
        piece = self._data[at : at + length]
        return int.from_bytes(piece, self._order) if len(piece) == length else None

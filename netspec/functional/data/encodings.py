"""The encoding of a text that is not in UTF-8, as its first bytes tell it."""

from __future__ import annotations

MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""The marks of the byte order that such texts begin with, the longer ones first."""

LOOKED_AT = 200
"""The bytes that tell it."""


def foreign_encoding(begin: bytes) -> str | None:
    """The encoding by a mark, or by every second byte of plain letters, which is 0.

    None for UTF-8, and for whatever nothing is known of.
    """
    for mark, name in MARKS.items():
        if begin.startswith(mark):
            return name
    evens, odds = begin[0:LOOKED_AT:2], begin[1:LOOKED_AT:2]
    fewer, more = sorted((evens.count(0), odds.count(0)))
    return "UTF-16" if not fewer and 2 * more > len(odds) > 0 else None


def in_utf_8(encoding: str) -> str:
    """Advice on a text in another encoding."""
    return f"save it as UTF-8, as `iconv -f {encoding} -t UTF-8` does"

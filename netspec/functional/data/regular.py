"""Files that may be read as images: regular ones, to a bound."""

from __future__ import annotations

import os
import stat

MOST_BYTES = 1 << 29
"""The most bytes of an image file: 512 MiB, twice the pixels of the largest image."""

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(state: os.stat_result) -> str | None:
    """The kind of a path with this status, in words; None for a regular file."""
    if stat.S_ISREG(state.st_mode):
        return None
    kind = KINDS.get(stat.S_IFMT(state.st_mode), "something else")
    return f"it is {kind} and no file"


def unfit(state: os.stat_result) -> str | None:
    """The reason why a path with this status is not read as an image; or None."""
    if reason := kind_of(state):
        return reason
    size = state.st_size
    if size > MOST_BYTES:
        return f"it is {size:,} bytes; an image file is at most {MOST_BYTES:,}"
    return None

"""The bytes of an image file, of regular files alone and to a bound. Imports no Pillow."""

from __future__ import annotations

import os
import stat

from netspec.files.reading import OPENED

MOST_BYTES = 1 << 29
"""Of an image file: 512 MiB, twice what the pixels of the largest would take uncompressed."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def content_of(path: str) -> bytes:
    """All bytes of a file.

    Raises:
        OSError: It cannot be read, is no regular file, or too large; nothing else is waited for or read from.
    """
    handle = os.open(path, OPENED)
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        state = os.fstat(handle)
        reason = unfit(state)
        if reason:
            raise OSError(reason)
        return file.read(MOST_BYTES)


def kind_of(state: os.stat_result) -> str | None:
    """What it is that has such a state, in words, where it is no regular file."""
    if stat.S_ISREG(state.st_mode):
        return None
    return f"it is {_KINDS.get(stat.S_IFMT(state.st_mode), 'something else')} and no file"


def unfit(state: os.stat_result) -> str | None:
    """Why what has such a state is not read as an image; None where it may be."""
    if reason := kind_of(state):
        return reason
    if state.st_size > MOST_BYTES:
        return f"it is {state.st_size:,} bytes; an image file is at most {MOST_BYTES:,}"
    return None

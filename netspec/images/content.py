"""The bytes of an image file, of regular files alone and to a bound. Imports no Pillow."""

from __future__ import annotations

import os

from netspec.files.reading import OPENED
from netspec.functional.data.image_files import MOST_BYTES, unfit


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

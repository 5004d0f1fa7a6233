"""Bounded reading of what a user named, from files and pipes alone, which both come to an end."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

from netspec.diagnostics import Code, NetspecError

MAX_TEXT = 8 * 2**20
"""The most bytes of a spec, a recipe or another text that are read."""

_PATIENCE = 2.0
"""The seconds that a named pipe in a folder may be silent: nobody may be at its other end."""

_CHUNK = 2**20
"""The bytes of one read; a system allocates as many, even where there are fewer to read."""

_LEAST = 2**12

KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a block device",
}
"""The kinds of what a path can name, in words."""

OPENED = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))
"""The flags for opening a file, as the system has them: Windows blocks on no pipe in a folder, and has no terminals."""


def read_bounded(path: str | Path, limit: int = MAX_TEXT, shown: str | None = None) -> bytes:
    """All the bytes of a regular file or a pipe.

    A pipe that was handed to this process (``/dev/fd/63``, ``/dev/stdin``) is waited for; one that has a name in a
    folder is given up after two seconds of silence. Nothing else is opened: devices and sockets do things by being
    opened.

    Args:
        path: The path that was named; links are followed.
        limit: Bytes that are read at most.
        shown: Its name in messages; the path unless given.

    Raises:
        NetspecError: NS0901: there is nothing of that name. NS0902: it cannot be read, is larger than the limit, or is
            neither a file nor a pipe.
    """
    name = str(path) if shown is None else shown
    try:
        _refuse_others(Path(path).stat().st_mode, name)
        handle = os.open(path, OPENED)
    except (OSError, ValueError) as error:  # a null byte in a name is a ValueError
        raise _unreadable(error, name) from None
    try:
        found = os.fstat(handle)
        _refuse_others(found.st_mode, name)  # the path may name something else by now
        if stat.S_ISREG(found.st_mode):
            if found.st_size > limit:
                _refuse_size(name, found.st_size, limit)
            chunk = min(max(found.st_size + 1, _LEAST), _CHUNK)
            return _gathered(lambda size: os.read(handle, size), limit, name, chunk)
        patience = None if _is_handed_over(path) else _PATIENCE
        return _gathered(lambda size: _next_of_pipe(handle, size, patience, name), limit, name)
    except OSError as error:
        raise _unreadable(error, name) from None
    finally:
        os.close(handle)


_STANDARD = "standard input"
"""Its name in messages."""


def read_stream(stream: BinaryIO | None, limit: int = MAX_TEXT) -> bytes:
    """All the bytes of standard input, an open stream.

    Args:
        stream: The stream; None where the caller closed it.
        limit: Bytes that are read at most.

    Raises:
        NetspecError: NS0902: it is closed, cannot be read, or holds more than the limit.
    """
    if stream is None:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{_STANDARD} is closed")
    try:
        return _gathered(stream.read, limit, _STANDARD)
    except OSError as error:
        raise _unreadable(error, _STANDARD) from None


def standard_input() -> bytes:
    """All the bytes of standard input.

    Raises:
        NetspecError: NS0902: as `read_stream`.
    """
    return read_stream(None if sys.stdin is None else sys.stdin.buffer)


def text_of(data: bytes) -> str:
    """A text in UTF-8 without the mark that Windows puts before it; U+FFFD for bytes that are none."""
    return data.decode("utf-8-sig", "replace")


def plain_breaks(text: str) -> str:
    """A text with a line feed for each line break that an editor makes."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _gathered(read: Callable[[int], bytes], limit: int, name: str, chunk: int = _CHUNK) -> bytes:
    """All bytes that `read` gives until it gives none."""
    data = bytearray()
    while part := read(min(chunk, limit + 1 - len(data))):
        data += part
        if len(data) > limit:
            _refuse_size(name, None, limit)
    return bytes(data)


def _next_of_pipe(handle: int, size: int, patience: float | None, name: str) -> bytes:
    """The next bytes of a pipe that does not block; none at its end."""
    import select  # for pipes alone: it knows none on Windows

    poll = select.poll()
    poll.register(handle, select.POLLIN)
    while True:
        if not poll.poll(None if patience is None else patience * 1000):
            raise NetspecError.of(
                Code.FILE_UNREADABLE,
                f"{name} is a pipe into which nobody writes",
                expected="a file, or a pipe that something writes into",
            )
        try:
            return os.read(handle, size)
        except BlockingIOError:  # another reader was quicker
            continue


def _is_handed_over(path: str | Path) -> bool:
    """Whether a pipe is one that this process was given: it bears no name in a folder."""
    return not Path(os.path.realpath(path)).exists()


def _refuse_others(mode: int, name: str) -> None:
    """Refuse everything but files and pipes."""
    if stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
        return
    found, expected = KINDS.get(stat.S_IFMT(mode), "neither"), "a file, or a pipe"
    raise NetspecError.of(Code.FILE_UNREADABLE, f"{name} cannot be read", found=found, expected=expected)


def _refuse_size(name: str, size: int | None, limit: int) -> NoReturn:
    """Refuse an input that is larger than the limit; `size` is None where it is not known."""
    raise NetspecError.of(
        Code.FILE_UNREADABLE,
        f"{name} is too large to be read",
        found=f"more than {_megabytes(limit)}" if size is None else _megabytes(size),
        expected=f"at most {_megabytes(limit)}",
    )


def _megabytes(size: int) -> str:
    """``8 MB`` or ``12.4 MB``; smaller sizes in bytes."""
    return f"{size:,} bytes" if size < 2**20 else f"{size / 2**20:,.1f} MB".replace(".0 MB", " MB")


def _unreadable(error: OSError | ValueError, name: str) -> NetspecError:
    if isinstance(error, FileNotFoundError):
        return NetspecError.of(Code.FILE_NOT_FOUND, f"there is no file {name}")
    reason = error.strerror if isinstance(error, OSError) else None
    return NetspecError.of(Code.FILE_UNREADABLE, f"{name} cannot be read: {reason or error}")

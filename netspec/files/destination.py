"""Destinations of named outputs: a file, which is replaced as a whole, or a stream."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import time
from pathlib import Path
from typing import BinaryIO

from netspec.diagnostics import Code, NetspecError
from netspec.files.reading import KINDS

_PATIENCE = 10.0
"""Seconds that a pipe's reader may take to open it."""

_CHUNK = 2**20


def file_at(path: Path) -> Path | None:
    """The file that a path names, existing or not; None where the output is written through.

    A link is followed, as an editor does, so that it keeps pointing where it points; its file need not be there yet.
    Character devices, pipes and this process's own output are written through, and never replaced.

    Raises:
        NetspecError: NS0903: nothing can be written there: it is a folder, a socket or a block device, a circle of
            links, or in no folder.
    """
    try:
        found = _status(path)
        if found is not None and (stat.S_ISCHR(found.st_mode) or stat.S_ISFIFO(found.st_mode) or _own(found)):
            return None
        if found is not None and not stat.S_ISREG(found.st_mode):
            raise refused(path, f"it is {KINDS.get(stat.S_IFMT(found.st_mode), 'no file')}")
        file = Path(os.path.realpath(path))
        if not file.parent.is_dir():
            raise refused(path, f"there is no folder {file.parent}")
    except (OSError, ValueError) as error:
        raise refused(path, error) from None
    return file


def check_file(path: Path) -> None:
    """Make sure, as far as it can be seen beforehand, that a file can be written.

    Raises:
        NetspecError: NS0903: it cannot be.
    """
    file = file_at(path)
    if file is not None and not os.access(file.parent, os.W_OK | os.X_OK):
        raise refused(path, f"{file.parent} is not writable")


def check_folder(path: Path) -> None:
    """Make sure, as far as it can be seen beforehand, that a folder is there, or that `make_folder` can make it.

    Raises:
        NetspecError: NS0903: it cannot be made, or something else stands there.
    """
    try:
        if path.exists():
            if not path.is_dir():
                raise refused(path, "it is no folder", "name another")
        elif path.is_symlink():
            raise refused(path, "it is a link that leads to nothing")
        elif not path.parent.is_dir():
            raise refused(path, f"there is no folder {path.parent}")
        there = path if path.exists() else path.parent
    except (OSError, ValueError) as error:
        raise refused(path, error) from None
    if not os.access(there, os.W_OK | os.X_OK):
        raise refused(path, f"{there} is not writable")


def make_folder(path: Path) -> None:
    """Make a folder where there is none yet.

    Raises:
        NetspecError: NS0903: it cannot be made, or something else stands there.
    """
    check_folder(path)
    try:
        path.mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        raise refused(path, error) from None


def is_own_output(path: Path) -> bool:
    """Whether a path names this process's own output, as ``/dev/stdout`` does."""
    try:
        return bool(_own(path.stat()))
    except (OSError, ValueError):
        return False


def write_through(path: Path, source: BinaryIO | bytes) -> None:
    """Write `source` to a path that `file_at` found to be no file, to this process's own output while it is read.

    Raises:
        NetspecError: NS0903: it cannot be written, or nobody reads from the pipe.
    """
    data = io.BytesIO(source) if isinstance(source, bytes) else source
    own = 0
    try:
        own = _own(path.stat())
        if own:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        handle = os.dup(own) if own else _opened(path)
        with os.fdopen(handle, "wb", buffering=0) as file:
            while chunk := data.read(_CHUNK):
                rest = memoryview(chunk)
                while rest:
                    rest = rest[file.write(rest) :]
    except (OSError, ValueError) as error:
        if isinstance(error, BrokenPipeError) and own:
            return  # the reader has seen enough
        raise refused(path, error) from None


def refused(path: Path, reason: str | OSError | ValueError, help: str | None = None) -> NetspecError:
    """The error of an output that cannot be written, NS0903."""
    text = (reason.strerror or str(reason)) if isinstance(reason, OSError) else str(reason)
    return NetspecError.of(Code.FILE_UNWRITABLE, f"{path} cannot be written: {text}", help=help)


def _status(path: Path) -> os.stat_result | None:
    """The status of a path, links followed; None where nothing is there."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _own(found: os.stat_result) -> int:
    """The number of this process's output stream that a file is, 1 or 2; 0 for neither."""
    for number in (1, 2):
        try:
            if os.path.samestat(found, os.fstat(number)):
                return number
        except OSError:  # the caller closed it
            continue
    return 0


def _opened(path: Path) -> int:
    """A device or a pipe, open to be written; a pipe once its reader has opened it."""
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            handle = os.open(path, flags)
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(path.stat().st_mode):
                raise
            if time.monotonic() > deadline:
                raise refused(path, "nobody reads from the pipe") from None
            time.sleep(0.02)
            continue
        mode = os.fstat(handle).st_mode
        if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):  # the path names something else by now
            os.close(handle)
            raise refused(path, "it is no longer a device or a pipe")
        os.set_blocking(handle, True)
        return handle

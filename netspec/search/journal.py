"""The journal of a search: a line for each change, appended by one process at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

if sys.platform != "win32":
    import fcntl

_PIECE = 4096

_BEGINNING = b'{"op_code":'
"""The beginning of each line."""


def journal_at(file: Path) -> JournalStorage:
    """The storage of a journal, which is made where there is none."""
    # Optuna's own locks stay when their process is killed: here the kernel lets go of it.
    lock: Any = None if sys.platform == "win32" else _KernelLock(file)
    return JournalStorage(JournalFileBackend(str(file.absolute()), lock))


class _KernelLock:
    """The kernel's lock on the journal, which ends with its process, however that ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: int | None = None

    def acquire(self) -> bool:
        """Wait for the lock; then cut off the line that a process was killed in, or for which the disk was too full."""
        held = os.open(self._file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            _cut_torn_line(held)
        except BaseException:
            os.close(held)
            raise
        self._held = held
        return True

    def release(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None


def _cut_torn_line(file: int) -> None:
    """Shorten a journal to the end of its last whole line; what begins as no line of a journal stays."""
    whole = os.fstat(file).st_size
    while whole:
        start = max(whole - _PIECE, 0)
        newline = os.pread(file, whole - start, start).rfind(b"\n")
        if newline >= 0:
            whole = start + newline + 1
            break
        whole = start
    torn = os.pread(file, len(_BEGINNING), whole)
    if torn and _BEGINNING.startswith(torn):
        os.ftruncate(file, whole)

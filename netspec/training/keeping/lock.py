"""The lock of a run's folder: one process at a time trains a run. Imports no torch.

A file in the folder is locked by the kernel, which lets go of it when the process ends, however it ends: that its pid
has become another's meanwhile does not matter. The file also says who holds it, for people, and for machines that share
a disk without sharing its locks.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import shortened
from netspec.files.destination import refused
from netspec.files.run_folder import LOCK
from netspec.files.writing import within

if sys.platform != "win32":
    import fcntl

_MOST = 4096
"""The bytes of a lock that are read."""

_PATIENCE, _FOR_ORPHANS, _PAUSE = 0.3, 15.0, 0.05
"""Seconds that a lock may stay held: by somebody who only looks at it; by readers of images whose process is dead, as
they notice within five seconds. Seconds between two tries."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock.

    Attributes:
        pid: Its number.
        host: The name of its machine.
        boot: The identity of the machine's last start; empty where it is not known.
        start: The time at which the process began, by the machine's clock of its own; empty where it is not known.
    """

    pid: int
    host: str
    boot: str = ""
    start: str = ""

    @classmethod
    def here(cls) -> Holder:
        """This process."""
        boot = ""
        with suppress(OSError):
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return cls(os.getpid(), socket.gethostname(), boot, _start(os.getpid()))

    def elsewhere(self) -> bool:
        """Whether it is on another machine, whose locks may not be seen here."""
        own = Holder.here()
        return self.host != own.host and not (self.boot and self.boot == own.boot)

    def is_dead(self) -> bool:
        """Whether it is known to have ended: the machine has been started anew, or its number is another process's."""
        own = Holder.here()
        if self.elsewhere():
            return False
        if self.boot and own.boot and self.boot != own.boot:
            return True
        return bool(self.start) and self.host == own.host and _start(self.pid) != self.start

    def __str__(self) -> str:
        return f"process {self.pid} on {shortened(self.host, 80)}"


class RunLock:
    """The lock of one run's folder; left, it is given back."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._handle: int | None = None

    def take(self, folder: Path) -> None:
        """Lock a run's folder; it may be given another name meanwhile, which `moved` tells.

        Raises:
            NetspecError: NS0806: another process holds it. NS0925: the lock is a link, or no file of netspec's. NS0903:
                it cannot be made.
        """
        path = within(folder, LOCK)
        until = time.monotonic() + _FOR_ORPHANS
        patient = time.monotonic() + _PATIENCE
        while True:
            try:
                handle = _opened(path)
            except OSError as error:
                raise refused(path, error) from None
            holder, free = _read(handle), _lock(handle, exclusive=True)
            if free and not _is_at(handle, path):  # its holder has just given it back
                os.close(handle)
                continue
            if free is None:  # a disk without locks
                free = holder is None or holder.is_dead()
            if free and not (holder and holder.elsewhere()):
                break
            os.close(handle)
            now = time.monotonic()
            if free or now > (until if holder and holder.is_dead() else patient):
                raise _held(folder, holder, sure=not free)
            time.sleep(_PAUSE)
        self._folder, self._handle = folder, handle
        with suppress(OSError):  # a full disk: it is locked all the same
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(asdict(Holder.here())).encode(), 0)

    def moved(self, folder: Path) -> None:
        """The folder has another name."""
        if self._folder is not None:
            self._folder = folder

    def __enter__(self) -> RunLock:
        return self

    def __exit__(self, *error: object) -> None:
        if self._handle is None or self._folder is None:
            return
        path = self._folder / LOCK
        with suppress(OSError):
            if _is_at(self._handle, path):
                path.unlink()
        os.close(self._handle)
        self._folder = self._handle = None


def is_held(folder: Path) -> bool:
    """Whether a process trains a run; one on another machine is believed.

    Raises:
        NetspecError: NS0925: the lock is a link.
    """
    path = within(folder, LOCK)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(path, flags)
    except OSError:
        return False
    try:
        holder, free = _read(handle), _lock(handle, exclusive=False)
        if free is None:
            return holder is not None and not holder.is_dead()
        return not free or (holder is not None and holder.elsewhere())
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    """The lock's file, open; made if need be. No link is followed, and no file that has a second name is taken."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o644)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_size > _MOST:
        os.close(handle)
        raise NetspecError.of(
            Code.STRANGE_MEMBER, f"{path} is no lock of netspec's", help="it would be overwritten; move it away"
        )
    return handle


def _lock(handle: int, *, exclusive: bool) -> bool | None:
    """Lock an open file; False where another process has it, None where the disk or the system has no such locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Whether an open file still has its name."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False


def _read(handle: int) -> Holder | None:
    """The process that an open lock tells of; None where it tells of none."""
    try:
        return _holders().validate_json(os.pread(handle, _MOST, 0), strict=True)
    except (OSError, ValidationError, ValueError):
        return None


@cache
def _holders() -> TypeAdapter[Holder]:
    """What reads a holder; to make it takes longer than all else that a lock does."""
    return TypeAdapter(Holder)


def _start(pid: int) -> str:
    """The time at which a process began, where the system tells; empty for none, and for one that has ended.

    Whoever started it may not have asked for its end yet, and the first process of a container may never ask.
    """
    try:
        state, *told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else told[18]
    except (OSError, IndexError, ValueError):
        return ""


def _held(folder: Path, holder: Holder | None, *, sure: bool) -> NetspecError:
    who = str(holder) if holder else "another process"
    if sure:
        return NetspecError.of(
            Code.NOT_RESUMABLE, f"{folder} is being trained by {who}", help="wait for its end, or end it"
        )
    return NetspecError.of(
        Code.NOT_RESUMABLE,
        f"{folder} was locked by {who}, and from here it cannot be told whether that still runs",
        help=f"if it does not, delete {folder / LOCK}",
    )

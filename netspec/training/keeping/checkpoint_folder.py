"""The folder of a run's checkpoints: the latest, the name of the next, and those to remove."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netspec.files.run_folder import CHECKPOINT
from netspec.files.writing import within

WEIGHTS, AVERAGE, STATE = "weights.safetensors", "ema.safetensors", "state.pt"

_NAME = re.compile(r"step-([0-9]+)(?:-([0-9]+))?")
"""The step, and which checkpoint of it: the end of an epoch may be saved before it is judged, and after."""

_UNFINISHED = re.compile(r"\.step-[\w.-]+")
"""The names of an unfinished checkpoint, which a process that was killed leaves behind."""

_BEGINS = {WEIGHTS: (8, b"{"), AVERAGE: (8, b"{"), STATE: (0, b"PK")}
"""The first bytes of a checkpoint's files, and their offset."""


def checkpoint_home(run: Path) -> Path:
    """The folder of a run's checkpoints, there or not.

    Raises:
        NetspecError: NS0925: it is a link, or no folder.
    """
    return within(run, CHECKPOINT, stat.S_IFDIR)


def latest(run: Path) -> Path | None:
    """The folder of the latest checkpoint: those of that name are whole. None where there is none.

    Raises:
        NetspecError: NS0925: it, or one of its files, is a link.
    """
    home = checkpoint_home(run)
    try:
        found = {
            (int(match[1]), int(match[2] or 1)): path.name
            for path in home.iterdir()
            if (match := _NAME.fullmatch(path.name))
        }
    except OSError:
        return None
    if not found:
        return None
    name = f"{CHECKPOINT}/{found[max(found)]}"
    for file in (WEIGHTS, AVERAGE, STATE):
        within(run, f"{name}/{file}")
    return within(run, name, stat.S_IFDIR)


def next_name(home: Path, step: int) -> str:
    """The name of the next checkpoint of a step."""
    name, number = f"step-{step}", 1
    while os.path.lexists(home / name):
        number += 1
        name = f"step-{step}-{number}"
    return name


def remove_others(home: Path, kept: str) -> None:
    """Remove the checkpoints beside one, and the unfinished ones of processes that were killed.

    A folder goes only where netspec wrote it: by its name, by the names of all that is in it, and by what they begin
    with. Its files are removed one by one, no link is followed, and whatever else stands there stays.

    Args:
        home: The folder of checkpoints.
        kept: The name of the one that stays.
    """
    with suppress(OSError), _held(home) as handle:
        for name in os.listdir(handle):  # noqa: PTH208  an open folder, no path
            if name != kept and (_NAME.fullmatch(name) or _UNFINISHED.fullmatch(name)):
                with suppress(OSError):
                    _remove(name, handle)


def _remove(name: str, home: int) -> None:
    """Remove a folder of checkpoints' files; any other folder is left as it is."""
    with _held(name, home) as folder:
        files = os.listdir(folder)  # noqa: PTH208
        unfinished = _UNFINISHED.fullmatch(name) is not None
        if not unfinished and not {WEIGHTS, STATE} <= set(files):
            return
        if not all(_is_ours(file, folder, unfinished) for file in files):
            return
        for file in files:
            os.unlink(file, dir_fd=folder)
    os.rmdir(name, dir_fd=home)


def _is_ours(file: str, folder: int, unfinished: bool) -> bool:
    """Whether a file in an open folder is one of a checkpoint: by name and kind, and whole ones by how they begin."""
    if file not in _BEGINS or not stat.S_ISREG(os.stat(file, dir_fd=folder, follow_symlinks=False).st_mode):
        return False
    if unfinished:
        return True
    place, start = _BEGINS[file]
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        return os.pread(handle, len(start), place) == start
    finally:
        os.close(handle)


@contextmanager
def _held(path: Path | str, home: int | None = None) -> Iterator[int]:
    """A folder held open, so that all work is done in it, whatever its name comes to mean; never a link."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=home)
    try:
        yield handle
    finally:
        os.close(handle)

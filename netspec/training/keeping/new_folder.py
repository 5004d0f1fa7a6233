"""The folder of a new run. Imports no torch."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from netspec.diagnostics import Code, NetspecError
from netspec.files.writing import aside, umask


def new_folder(name: str, out: Path | None, fill: Callable[[Path], None], runs: Path = Path("runs")) -> Path:
    """Make the folder of a new run: `out`, or else the first free ``<runs>/<name>-<n>``.

    It appears with all that `fill` writes into it at once, so that a run that has a folder can be resumed.

    Raises:
        NetspecError: NS0903: it cannot be made, or `out` holds something already.
    """
    home = (out or runs / name).parent
    safe = re.sub(r"[^\w.-]+", "_", name)
    try:
        if out is not None and out.exists():
            _check_empty(out)
            fill(out)
            return out
        home.mkdir(parents=True, exist_ok=True)
        with aside(home / safe) as whole:
            whole.mkdir(0o700)
            fill(whole)
            whole.chmod(0o777 & ~umask())
            return _place(whole, safe, out, runs)
    except (OSError, ValueError) as error:
        _refuse(out or home, getattr(error, "strerror", None) or str(error))


def check_new_folder(out: Path | None) -> None:
    """Make sure, as far as it can be seen beforehand, that the folder of a new run can be made.

    Permissions do not tell: root has them all, and some file systems make no folders. So one is made, and taken away.

    Raises:
        NetspecError: NS0903: it cannot be, or `out` holds something already.
    """
    wanted = out or Path("runs")
    try:
        if out is not None and out.exists():
            _check_empty(out)
        there = wanted.absolute()
        while not os.path.lexists(there):
            there = there.parent
        if not there.is_dir():
            _refuse(wanted, os.strerror(errno.ENOTDIR))
        if not os.access(there, os.W_OK | os.X_OK):
            _refuse(wanted, f"{there} is not writable")
        with aside(there / "netspec") as trial:
            (trial / wanted.absolute().relative_to(there)).mkdir(parents=True)
    except (OSError, ValueError) as error:
        _refuse(wanted, getattr(error, "strerror", None) or str(error))


def _check_empty(out: Path) -> None:
    if any(out.iterdir()):
        help = "give another folder with --out, or none: then each run gets its own"
        _refuse(out, "it is not empty, and a run overwrites nothing", help)


def _place(whole: Path, name: str, out: Path | None, runs: Path) -> Path:
    """Give a folder its name, which no other has yet."""
    number = 1
    while True:
        target = out or runs / f"{name}-{number}"
        try:
            if not os.path.lexists(target):
                return whole.rename(target)
        except OSError as error:
            if not os.path.lexists(target):  # otherwise another run that began at the same moment was quicker
                _refuse(target, error.strerror or str(error))
        if out is not None:
            _refuse(out, "another run has just taken it")
        number += 1


def _refuse(path: Path, reason: str, help: str | None = None) -> NoReturn:
    raise NetspecError.of(Code.FILE_UNWRITABLE, f"{path} cannot be a run's folder: {reason}", help=help)

"""The places of data on a disk, and their download. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path


def located(path: Path) -> Path:
    """A path as it is or, where it is not there, below the folder NETSPEC_DATA."""
    path = path.expanduser()
    below = [root / path for root in data_roots() if (root / path).exists()]
    return path if path.exists() or not below else below[0]


def data_roots() -> list[Path]:
    """The folder of data that the environment names, if it does."""
    named = os.environ.get("NETSPEC_DATA")
    return [Path(named).expanduser()] if named else []


def places_of(folder: Path, layouts: Sequence[str], *, known: bool) -> list[Path]:
    """The places where the files of a data set may lie.

    Args:
        folder: The folder that is named.
        layouts: Folders below one of data.
        known: Whether it is a data set that NETSPEC_DATA may have too.
    """
    roots = data_roots() if known else []
    named = [folder / layout for layout in layouts]
    return [*named, *(root / each for root in roots for each in layouts if each != ".")]


def fetched(download: Callable[[str], object], title: str, folder: Path) -> None:
    """Have a data set downloaded into a folder.

    Raises:
        FileNotFoundError: It failed; folders that it made and left empty are gone.
    """
    before = [each for each in (folder, *folder.parents) if each.exists()]
    try:
        with redirect_stdout(StringIO()):
            download(str(folder))
    except Exception as error:  # a broken network, a full disk and a changed site
        remove_empty(folder, before)
        reason = " ".join(str(error).split()) or type(error).__name__
        looked = ", ".join(map(str, (folder, *data_roots())))
        what = f"{title} is not in {looked}, and its download failed: {reason}"
        raise FileNotFoundError(what) from error


def remove_empty(folder: Path, kept: Sequence[Path]) -> None:
    """Remove a folder and those below as far as they are empty, and none to be kept."""
    inner = [each for each in folder.rglob("*") if each.is_dir()]
    for each in (*sorted(inner, reverse=True), folder, *folder.parents):
        if each not in kept and each.is_dir() and not any(each.iterdir()):
            each.rmdir()

"""The places of data sets on a disk, and their download by torchvision. Imports no torch."""

from __future__ import annotations

import contextlib
import io
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from netspec.recipe.data.problems import missing

CACHE = Path("~/.cache/netspec")
_TIMEOUT = 20.0
"""Seconds of silence after which a download is given up."""


def locate(given: str, *, folder: bool = False) -> tuple[Path | None, str]:
    """The path that a recipe names, as it is or below the folders of data, or None; and the places that were searched.

    Args:
        given: A path.
        folder: Whether it must be a folder.
    """
    path = expanded(given)
    places = [path] if path.is_absolute() else [path, *(root / path for root in roots(None))]
    there = os.path.isdir if folder else os.path.exists  # unlike a Path's own, they answer whatever the name is
    return next((place for place in places if there(place)), None), ", ".join(map(str, places))


def expanded(given: str | Path) -> Path:
    """A path with its ``~`` replaced, where that is a user's."""
    return Path(os.path.expanduser(given))  # noqa: PTH111 - which raises for nobody's


def roots(folder: str | None) -> list[Path]:
    """The folders to look in: the one that is named, or else ``$NETSPEC_DATA`` and then the cache."""
    if folder:
        return [expanded(folder)]
    given = os.environ.get("NETSPEC_DATA")
    return [*([expanded(given)] if given else []), expanded(CACHE)]


def find(
    title: str,
    folder: str | None,
    layouts: Iterable[str],
    complete: Callable[[Path], bool],
    expected: str,
    download: Callable[[Path], str] | None = None,
) -> Path:
    """The first folder that holds a data set; it is downloaded where no folder holds it and none is named.

    Args:
        title: The title of the data set, for the diagnostic.
        folder: The one that the recipe names.
        layouts: The places of the files below a folder of data; ``.`` is tried first where one is named.
        complete: Whether a folder holds them.
        expected: The files that are searched for, in words.
        download: Fetches them into the cache; gives the reason of a failure.

    Raises:
        NetspecError: NS0802: they are in none.
    """
    places = list(layouts)
    found = first(folder, places, complete)
    if found is None and not folder:
        cache = expanded(CACHE)
        reason = download(cache) if download else "it is not downloaded: its makers ask for a consent"
        found = next((place for place in _below(cache, places) if complete(place)), None)
    else:
        reason = "a folder that is named is not downloaded to"
    if found is None:
        looked = ", ".join(str(root) for root in roots(folder))
        missing(f"{title} is not there ({reason}); looked in {looked}", expected)
    return found


def first(folder: str | None, layouts: Iterable[str], complete: Callable[[Path], bool]) -> Path | None:
    """The first folder that holds a data set, as `find` looks for it; None where none does."""
    places = list(layouts)
    if folder and "." not in places:
        places.insert(0, ".")
    return next((place for root in roots(folder) for place in _below(root, places) if complete(place)), None)


def _below(root: Path, layouts: Iterable[str]) -> list[Path]:
    return [root / layout for layout in layouts]


def download(kind: str, cache: Path) -> str:
    """Have torchvision fetch a data set of a class into a folder; the reason of a failure, or an empty text."""
    try:
        from torchvision import datasets
    except ImportError:
        return "torchvision, which would download it, is not installed"
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            getattr(datasets, kind)(root=str(cache), download=True)
    except Exception as error:  # what a broken network, a full disk or a changed site raise has no common base
        return f"the download failed: {' '.join(str(error).split()) or type(error).__name__}"
    finally:
        socket.setdefaulttimeout(before)
    return ""

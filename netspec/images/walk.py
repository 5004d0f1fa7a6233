"""The image files of a folder: regular files alone, and no link that leads elsewhere. Imports no Pillow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from netspec.files.reading import OPENED
from netspec.images.content import unfit
from netspec.images.formats import ENDINGS, HEAD, format_of

PASSED_OVER = frozenset(("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"))
"""Folders that systems leave behind, in lower case; as is what begins with a dot, they are no part of a data set."""

OUTSIDE = "it is a link that leads out of the folder"


@dataclass(slots=True)
class Found:
    """What a folder holds.

    Attributes:
        names: Image files by their endings, relative to the folder, in order.
        broken: What cannot be read, each with the reason.
        others: The other files, relative to the folder, in order.
    """

    names: tuple[str, ...] = ()
    broken: list[tuple[str, str]] = field(default_factory=list)
    others: tuple[str, ...] = ()

    def pictures_among_others(self, folder: Path) -> list[str]:
        """Those of the other files that are images by their content."""
        return [name for name in self.others if _is_image(os.path.join(folder, name))]  # noqa: PTH118


def is_hidden(name: str) -> bool:
    """Whether a file or a folder of this name is no part of a data set."""
    return name.startswith(".") or name.lower() in PASSED_OVER


def images_below(folder: Path, home: Path | None = None, *, follow: bool = False) -> Found:
    """The files of a folder and of those below.

    Args:
        folder: Where to look.
        home: The data set's own folder, out of which no link may lead; None is the folder itself.
        follow: Whether links may lead anywhere.
    """
    walk = _Walk(str(folder), None if follow else os.path.realpath(home or folder))
    names: list[str] = []
    others: list[str] = []
    for name in walk.files():
        (names if name.lower().endswith(ENDINGS) else others).append(name)
    return Found(tuple(sorted(names)), walk.broken, tuple(sorted(others)))


def folders_in(folder: Path, home: Path, *, follow: bool = False) -> tuple[list[str], list[tuple[str, str]]]:
    """The names of the folders in a folder, in order; and those that cannot be read, each with the reason."""
    walk = _Walk(str(folder), None if follow else os.path.realpath(home))
    names = [entry.name for entry in walk.entries("") if entry.is_dir()]
    return sorted(names), walk.broken


def images_in(folder: Path, home: Path, *, follow: bool = False) -> list[str]:
    """The names of the image files that lie in a folder itself, in order."""
    walk = _Walk(str(folder), None if follow else os.path.realpath(home))
    return sorted(entry.name for entry in walk.entries("") if entry.is_file() and entry.name.lower().endswith(ENDINGS))


class _Walk:
    """A walk over a folder; each real folder is gone into once, so that it ends whatever links there are."""

    def __init__(self, root: str, home: str | None) -> None:
        self._root, self._home = root, home
        self.broken: list[tuple[str, str]] = []
        self._seen: set[tuple[int, int]] = set()

    def files(self) -> Iterator[str]:
        """Regular files, by their names relative to the root."""
        waiting = [""]
        while waiting:
            below = waiting.pop()
            if not self._is_new(self._path(below)):
                self._refuse(below, "it is a link to a folder that was read already, or to one that holds it")
                continue
            for entry in self.entries(below):
                name = below + entry.name
                if entry.is_dir():
                    waiting.append(f"{name}/")
                    continue
                reason = None if entry.is_file() else unfit(entry.stat())
                if reason is None:
                    yield name
                elif name.lower().endswith(ENDINGS):
                    self._refuse(name, reason)

    def entries(self, below: str) -> Iterator[os.DirEntry[str]]:
        """What stands in a folder and may be read: files of any kind, and folders."""
        try:
            with os.scandir(self._path(below)) as found:
                entries = [entry for entry in found if not is_hidden(entry.name)]
        except OSError as error:
            self._refuse(below, f"it cannot be read ({error.strerror or error})")
            return
        for entry in entries:
            reason = self._wrong_link(entry) if entry.is_symlink() else None
            if reason is None:
                yield entry
            else:
                self._refuse(below + entry.name, reason)

    def _wrong_link(self, entry: os.DirEntry[str]) -> str | None:
        """Why a link is not followed; None where it is."""
        try:
            entry.stat()
            real = os.path.realpath(entry.path, strict=True)
        except OSError as error:
            return f"it is a link that leads nowhere ({error.strerror or error})"
        inside = self._home is None or real == self._home or real.startswith(self._home.rstrip("/") + "/")
        return None if inside else OUTSIDE

    def _is_new(self, path: str) -> bool:
        try:
            state = os.stat(path)  # noqa: PTH116 - a text, of which there may be a million
        except OSError:
            return True  # what is wrong with it is told when it is read
        known = (state.st_dev, state.st_ino)
        self._seen.add(known) if (new := known not in self._seen) else None
        return new

    def _path(self, below: str) -> str:
        return os.path.join(self._root, below)  # noqa: PTH118

    def _refuse(self, name: str, reason: str) -> None:
        self.broken.append((self._path(name), reason))


def _is_image(path: str) -> bool:
    """Whether a file begins as an image does."""
    try:
        handle = os.open(path, OPENED)
        with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            return unfit(os.fstat(handle)) is None and format_of(file.read(HEAD)) is not None
    except OSError:
        return False

"""The image files of a folder: regular ones, and no links that lead elsewhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from netspec.functional.data.image_files import ENDINGS, unfit

PASSED_OVER = (
    *("__macosx", "@eadir", "$recycle.bin"),
    *("system volume information", "lost+found"),
)
"""Folders that systems leave behind, in lower case.

They are no part of a data set, as is any name that begins with a dot.
"""

OUTSIDE = "it is a link that leads out of the folder"


@dataclass
class Found:
    """The content of a folder.

    Attributes:
        names: Image files by their endings, relative to the folder, in order.
        broken: Entries that cannot be read, each with the reason.
        others: The other files, relative to the folder, in order.
    """

    names: tuple[str, ...] = ()
    broken: list[tuple[str, str]] = field(default_factory=list)
    others: tuple[str, ...] = ()


def images_below(folder: Path, home: Path | None) -> Found:
    """The files of a folder and of those below.

    Args:
        folder: The folder to look in.
        home: The data set's own folder, which no link may leave; None lets links
            lead anywhere.
    """
    walk = Walk(folder, home)
    names: list[str] = []
    others: list[str] = []
    for name in walk.files():
        (names if is_called_an_image(name) else others).append(name)
    return Found(tuple(sorted(names)), walk.broken, tuple(sorted(others)))


def folders_in(
    folder: Path, home: Path | None
) -> tuple[list[str], list[tuple[str, str]]]:
    """The names of the folders in a folder, in order; broken ones with the reason."""
    walk = Walk(folder, home)
    names = [entry.name for entry in walk.entries("") if entry.is_dir()]
    return sorted(names), walk.broken


def loose_images(folder: Path) -> list[str]:
    """The names of the image files that lie in a folder itself, in order."""
    files = (entry for entry in Walk(folder, None).entries("") if entry.is_file())
    return sorted(file.name for file in files if is_called_an_image(file.name))


def is_called_an_image(name: str) -> bool:
    """Whether a file's name ends as those of images do."""
    return name.lower().endswith(ENDINGS)


def is_hidden(name: str) -> bool:
    """Whether a file or a folder of this name is no part of a data set."""
    return name.startswith(".") or name.lower() in PASSED_OVER


def astray(home: str, name: str, inside: dict[str, bool]) -> str | None:
    """The reason why a name is of no file below a folder; None where it is.

    Args:
        home: The folder, without links.
        name: The file, relative to it.
        inside: Whether the folders that were looked at are, by their names.
    """
    try:
        known = os.fsencode(name)
    except UnicodeEncodeError:  # half of a letter, which JSON may have
        known = b""
    if not known or b"\0" in known:
        return "it names no file"
    whole = name.startswith(("/", os.sep)) or os.path.splitdrive(name)[0]
    if whole or ".." in name.replace("\\", "/").split("/"):
        return "it leads out of the folder"
    below = f"{home}".rstrip("/") + os.sep
    folder, path = name.rpartition("/")[0], below + name
    if folder not in inside:
        real = os.path.realpath(Path(home, folder))
        inside[folder] = real == home or real.startswith(below)
    if not inside[folder]:
        return "it lies behind a link that leads out of the folder"
    try:
        linked = stat.S_ISLNK(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None  # whoever reads it tells so
    except OSError as error:
        return f"it cannot be read ({error.strerror or error})"
    if linked and not os.path.realpath(path).startswith(below):
        return "it is a link that leads out of the folder"
    return None


class Walk:
    """A walk over a folder.

    It enters each real folder once, so that it ends whatever links there are.
    """

    def __init__(self, root: Path, home: Path | None) -> None:
        self.root = str(root)
        self.home = None if home is None else os.path.realpath(home)
        self.broken: list[tuple[str, str]] = []
        self.seen: set[tuple[int, int]] = set()

    def files(self) -> Iterator[str]:
        """Regular files, by their names relative to the root."""
        waiting = [""]
        while waiting:
            below = waiting.pop()
            if not self.is_new(below):
                folder = "a folder that was read already, or to one that holds it"
                self.refuse(below, f"it is a link to {folder}")
                continue
            for entry in self.entries(below):
                name = below + entry.name
                if entry.is_dir():
                    waiting.append(f"{name}/")
                    continue
                reason = None if entry.is_file() else unfit(entry.stat())
                if reason is None:
                    yield name
                elif is_called_an_image(name):
                    self.refuse(name, reason)

    def entries(self, below: str) -> Iterator[os.DirEntry[str]]:
        """The readable entries of a folder: files of any kind, and folders."""
        try:
            with os.scandir(self.path(below)) as found:
                entries = [entry for entry in found if not is_hidden(entry.name)]
        except OSError as error:
            self.refuse(below, f"it cannot be read ({error.strerror or error})")
            return
        for entry in entries:
            reason = self.wrong_link(entry) if entry.is_symlink() else None
            if reason is None:
                yield entry
            else:
                self.refuse(below + entry.name, reason)

    def wrong_link(self, entry: os.DirEntry[str]) -> str | None:
        """The reason why a link is not followed; None where it is."""
        try:
            entry.stat()
            real = os.path.realpath(entry.path, strict=True)
        except OSError as error:
            return f"it is a link that leads nowhere ({error.strerror or error})"
        if self.home in (None, real) or real.startswith(
            f"{self.home}".rstrip("/") + "/"
        ):
            return None
        return OUTSIDE

    def is_new(self, below: str) -> bool:
        """Whether a folder is met for the first time."""
        try:
            state = Path(self.path(below)).stat()
        except OSError:
            return True  # problems with it are found when it is read
        known = (state.st_dev, state.st_ino)
        new = known not in self.seen
        self.seen.add(known)
        return new

    def path(self, below: str) -> str:
        """The path of an entry, by its name relative to the root."""
        return f"{self.root}/{below}"

    def refuse(self, name: str, reason: str) -> None:
        """Note an entry that cannot be read."""
        self.broken.append((self.path(name), reason))

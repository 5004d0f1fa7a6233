"""Atomic writing of files: at paths that a user named, and in folders that netspec makes."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from netspec.diagnostics import Code, NetspecError
from netspec.files.destination import file_at, refused, write_through
from netspec.files.reading import KINDS

_STEM = 40
"""The characters of a file's name that a name beside it keeps: both must be short enough for the disk."""


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` to a path that a user named.

    A file is replaced whole, so that no reader ever sees a part of it: a new file beside it takes its place and its
    permissions. A link keeps its target. A pipe or a character device is written through.

    Raises:
        NetspecError: NS0903: it cannot be written, or the path names no file; everything is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    target = file_at(path)
    if target is None:
        write_through(path, data)
        return
    try:
        _replace(target, data)
    except OSError as error:
        raise refused(path, error) from None


def write_new(path: Path, content: str) -> None:
    """Write a file that is not there yet.

    Raises:
        FileExistsError: It is there by now; it is left as it is.
        NetspecError: NS0903: it cannot be written; nothing is left of it.
    """
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            try:
                file.write(content)
                file.flush()
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        raise
    except OSError as error:
        raise refused(path, error) from None


def write_within(folder: Path, name: str, content: str | bytes | Iterable[bytes]) -> None:
    """Write a file of a folder that netspec makes, atomically; folders on the way are made.

    Args:
        folder: The folder, which may be reached through a link.
        name: The file's, with slashes; nothing on the way from the folder may be a link.
        content: Its new content, or its parts, of which one after the other is made and written.

    Raises:
        NetspecError: NS0925: a link stands there or on the way. NS0903: it cannot be written.
    """
    target = within(folder, name)
    try:
        for part in reversed(target.relative_to(folder).parents[:-1]):
            (folder / part).mkdir(exist_ok=True)
        _replace(target, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise refused(target, error) from None


def within(folder: Path, name: str, kind: int = stat.S_IFREG) -> Path:
    """The path of a name in a folder that netspec makes, where no link leads elsewhere.

    Args:
        folder: The folder, which may be reached through a link.
        name: The name, with slashes.
        kind: The kind that an existing entry must have: a file, or a folder (`stat.S_IFDIR`).

    Raises:
        NetspecError: NS0925: it, or what is on the way, is a link or of another kind.
    """
    path = folder
    parts = name.split("/")
    for part in parts:
        path = path / part
        wanted = kind if part is parts[-1] else stat.S_IFDIR
        try:
            found = stat.S_IFMT(path.lstat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise NetspecError.of(Code.FILE_UNREADABLE, f"{path} cannot be read: {reason or error}") from None
        if found != wanted:
            raise NetspecError.of(
                Code.STRANGE_MEMBER,
                f"{path} is {KINDS.get(found, 'no file')}",
                expected=f"{KINDS[wanted]} of netspec's own, or nothing",
                help="inside a folder that netspec makes it follows no link and opens no device; move it away",
            )
    return path


def write_folder(path: Path, texts: Mapping[str, str]) -> None:
    """Make a folder with files in it, by their paths with slashes: beside its place first, then into it as a whole.

    Raises:
        NetspecError: NS0903: it cannot be written, or is there and not empty; then nothing is changed.
    """
    try:
        there = path.stat() if path.exists() else None
        target = Path(os.path.realpath(path))
        if there is None and path.is_symlink() and target.is_symlink():
            raise refused(path, "it is a circle of links")
        if not target.parent.is_dir():
            raise refused(path, f"there is no folder {target.parent}")
        with aside(target) as whole:
            whole.mkdir(0o700)
            for name, text in texts.items():
                file = whole / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
            whole.chmod(0o777 & ~umask())
            if there is not None:
                target.rmdir()  # refused unless it is empty
            whole.replace(target)
    except (OSError, ValueError) as error:
        raise refused(path, error) from None


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A free name beside `target`; a file or a folder that still has it at the end is removed.

    The name is known before it is used, so that nothing is left behind whenever a signal comes.
    """
    path = target.with_name(f".{target.name[:_STEM]}.{os.urandom(6).hex()}")
    try:
        yield path
    finally:
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def keep_owner(new: Path, old: Path) -> None:
    """Give a new file the permissions of the one whose place it takes, and its owner where that is allowed."""
    found = old.stat()
    new.chmod(found.st_mode & 0o777)
    if hasattr(os, "chown") and (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):  # not so on Windows
        with suppress(OSError):
            os.chown(new, found.st_uid, found.st_gid)


def umask() -> int:
    """The process's mask of permissions. It can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _replace(target: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file anew, with the permissions it had."""
    with aside(target) as new:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
        if target.exists():
            keep_owner(new, target)
        else:
            new.chmod(0o666 & ~umask())
        new.replace(target)

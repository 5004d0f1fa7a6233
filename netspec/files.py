"""Writing files whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from netspec.diagnostics import Code, NetspecError


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` so that no reader ever sees a part of it: to a new file beside `path`, then in its place.

    Raises:
        NetspecError: The file cannot be written; what stood there is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    target = Path(os.path.realpath(path))  # a link keeps pointing where it points
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NetspecError.of(Code.FILE_UNWRITABLE, f"{path} cannot be written: {error.strerror}") from None


def write_folder(path: Path, texts: Mapping[str, str]) -> None:
    """Make a folder with files in it, by their paths with slashes: beside its place first, then into it as a whole.

    Raises:
        NetspecError: It cannot be written, or is there and not empty; then nothing is changed.
    """
    target = Path(os.path.realpath(path))
    try:
        whole = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            for name, text in texts.items():
                file = whole / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
            whole.chmod(0o777 & ~umask())
            if target.exists():
                target.rmdir()  # refused unless it is empty
            whole.replace(target)
        except BaseException:
            shutil.rmtree(whole, ignore_errors=True)
            raise
    except OSError as error:
        raise NetspecError.of(Code.FILE_UNWRITABLE, f"{path} cannot be written: {error.strerror}") from None


def umask() -> int:
    """The process's mask of permissions. It can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

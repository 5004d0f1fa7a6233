"""Files put in place once they are whole and found right, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netspec.diagnostics import Code, NetspecError


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A new file of the name of `path` in a folder of its own beside it; all that is in it at the end is put in place.

    Where the body fails, what stood there is as it was.

    Raises:
        NetspecError: NS0903: the folder of `path` cannot be written.
    """
    target = Path(os.path.realpath(path))  # a link keeps pointing where it points
    folder: Path | None = None
    try:
        if target.is_dir():
            raise NetspecError.of(Code.FILE_UNWRITABLE, f"{path} cannot be written: it is a folder")
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        yield folder / target.name
        for made in sorted(folder.iterdir()):
            there = target.with_name(made.name)
            if there.exists():
                made.chmod(there.stat().st_mode & 0o777)
            made.replace(there)
    except OSError as error:
        raise NetspecError.of(Code.FILE_UNWRITABLE, f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

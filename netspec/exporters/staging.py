"""Files that are put in place once they are whole and checked, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netspec.files.destination import file_at, refused, write_through
from netspec.files.writing import aside, keep_owner


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A new file named as `path` in a folder of its own beside it; at the end all files there are put in place.

    Where the body fails, or a signal ends it, the old file is unchanged. A single file is written through a pipe or
    a character device; then it is staged in the system's folder for temporary files.

    Raises:
        NetspecError: NS0903: `path` cannot be written, or is no file while several are made.
    """
    target = file_at(path)
    place = Path(tempfile.gettempdir(), "netspec") if target is None else target
    try:
        with aside(place) as folder:
            folder.mkdir(0o700)
            yield folder / (path if target is None else target).name
            made = sorted(folder.iterdir())
            if target is None:
                _pour(path, made)
            else:
                _place(target, made)
    except OSError as error:
        raise refused(path, error) from error


def _pour(path: Path, made: list[Path]) -> None:
    """Write the only file through a path that is no regular file."""
    if len(made) > 1:
        names = " and ".join(file.name for file in made)
        raise refused(path, f"it is no file, and the format makes two: {names}")
    with made[0].open("rb") as file:
        write_through(path, file)


def _place(target: Path, made: list[Path]) -> None:
    """Replace the files of the same names by the new ones, and keep their permissions."""
    places = [target if new.name == target.name else target.with_name(new.name) for new in made]
    for there in places:
        if there.is_symlink() or (there.exists() and not there.is_file()):
            raise refused(there, "it is no file")
    for new, there in zip(made, places, strict=True):
        if there.exists():
            keep_owner(new, there)
        new.replace(there)

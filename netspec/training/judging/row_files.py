"""The files of rows that are asked about: those that are named, and those in folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from netspec.diagnostics import Code, Diagnostic
from netspec.diagnostics.numbered import numbered
from netspec.functional.data.walk import images_below
from netspec.recipe.data.problems import mismatch

ARRAYS = (".npy", ".npz")
"""The endings of files of arrays."""

HOLDERS = (".parquet", ".arrow", ".tar")
"""The endings of files that hold several images, in folders too."""

ROWS = (".csv", ".tsv", *HOLDERS, *ARRAYS)
"""The endings of all files of rows."""


def is_of_rows(path: Path) -> bool:
    """Whether a file is one of rows, or a folder holds arrays, or files of several images."""
    return holds_rows(path) if path.is_dir() else path.suffix.lower() in ROWS


def holds_rows(folder: Path) -> bool:
    """Whether a folder, or one below it, holds files of arrays, or of several images."""
    return any(name.lower().endswith((*ARRAYS, *HOLDERS)) for name in images_below(folder, folder).others)


def row_files(given: Sequence[Path], endings: Sequence[str] = (), images: bool = False) -> Iterator[Path | Diagnostic]:
    """The files; for a folder, those of rows in it and below, by name, or the problem with it.

    Args:
        given: Files and folders.
        endings: The endings of the files that are taken of a folder; those of arrays if empty.
        images: Whether the images of a folder are taken where it holds no such file.

    Raises:
        NetspecError: NS0804: a folder holds images beside files of rows.
    """
    endings = tuple(endings) or ARRAYS
    for path in given:
        if not path.is_dir():
            yield path
            continue
        found = images_below(path, path)
        names = [name for name in found.others if name.lower().endswith(endings)]
        if names and found.names:
            pictures, rows = numbered(len(found.names), "image"), numbered(len(names), "file")
            mismatch(
                f"{path} holds {pictures} ({found.names[0]}) beside {rows} of rows ({names[0]}): each kind apart",
                f"name the files: {path / '*'}{Path(names[0]).suffix}",
            )
        if images and not names:
            names = list(found.names)
        yield from (path / name for name in names)
        for name, reason in found.broken:
            yield Diagnostic(Code.FILE_UNREADABLE, f"{name}: {reason}")
        if not names and not found.broken:
            nothing = "no images, and no files of rows" if images else "no files of rows"
            yield Diagnostic(Code.FILE_UNREADABLE, f"{path} holds {nothing} ({', '.join(endings)})")

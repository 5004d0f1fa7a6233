"""A run's folder and the names of its files. Imports no torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

from netspec.diagnostics import Code, NetspecError
from netspec.run_folder import BEST, LAST, METRICS, SPEC

__all__ = ["BEST", "LAST", "METRICS", "SPEC", "claim_folder", "run_files"]


def claim_folder(name: str, out: Path | None, runs: Path = Path("runs")) -> Path:
    """Make the folder of a new run: `out`, or else the first free ``<runs>/<name>-<n>``.

    Raises:
        NetspecError: NS0903: it cannot be made, or `out` holds something already.
    """
    if out is not None:
        return _claim(out)
    safe = re.sub(r"[^\w.-]+", "_", name)
    number = 1
    while True:
        folder = runs / f"{safe}-{number}"
        try:
            folder.mkdir(parents=True)  # fails where it exists: two runs that start at once get two folders
            return folder
        except FileExistsError:
            number += 1
        except OSError as error:
            _refuse(folder, error.strerror or str(error))


def run_files(source: str, weights: str | None) -> tuple[str, str | None]:
    """Spec and weights of what `eval` is given: a spec as it is; a run's folder as its spec and its last weights."""
    folder = Path(source)
    if (folder / SPEC).is_file():
        return str(folder / SPEC), str(folder / LAST) if weights is None else weights
    return source, weights


def _claim(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        empty = not any(out.iterdir())
    except OSError as error:
        _refuse(out, error.strerror or str(error))
    if not empty:
        help = "give another folder with --out, or none: then each run gets its own"
        _refuse(out, "it is not empty, and a run overwrites nothing", help)
    return out


def _refuse(path: Path, reason: str, help: str | None = None) -> NoReturn:
    raise NetspecError.of(Code.FILE_UNWRITABLE, f"{path} cannot be a run's folder: {reason}", help=help)

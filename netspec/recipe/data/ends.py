"""The first and last bytes of data files, looked at before what would read them is imported."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from netspec.functional.data.image_files import kind_of
from netspec.recipe.data.problems import damaged


@dataclass(frozen=True, slots=True)
class Form:
    """A form of files.

    Attributes:
        name: Its name, in words.
        begins: The bytes that each begins with; any of them.
        ends: The bytes that each ends with.
    """

    name: str
    begins: tuple[bytes, ...] = (b"",)
    ends: bytes = b""


PARQUET = Form("Parquet", (b"PAR1",), b"PAR1")
PICKLE = Form("a pickle", (b"\x80",), b".")
NPZ = Form("an .npz file", (b"PK\x03\x04", b"PK\x05\x06"))
NPY = Form("an .npy file", (b"\x93NUMPY",))


def check_ends(files: Iterable[Path], form: Form) -> None:
    """Make sure that files begin and end as those of a form do.

    Raises:
        NetspecError: NS0803: one does not, is no file, or cannot be read.
    """
    most = max(map(len, (*form.begins, form.ends)))
    for file in files:
        try:
            if reason := kind_of(file.stat()):
                damaged(file, reason)
            with file.open("rb") as opened:
                start = opened.read(most)
                opened.seek(-min(opened.seek(0, os.SEEK_END), len(form.ends)), os.SEEK_END)
                end = opened.read()
        except OSError as error:
            damaged(file, f"it cannot be read ({error.strerror or error})")
        if not start.startswith(form.begins):
            begin = start.hex(" ") or "nothing"
            damaged(file, f"it begins with {begin}, not with {form.begins[0].hex(' ')} as {form.name} does")
        if not end.endswith(form.ends):
            help = "copy it anew, or download it again"
            damaged(file, f"it is cut short: it ends with {end.hex(' ')}, {form.name} with {form.ends.hex(' ')}", help)

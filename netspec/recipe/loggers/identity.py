"""The name by which a run is found again where it is logged: a random one, kept in its folder."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from netspec.files.reading import read_bounded
from netspec.files.run_folder import LOGGED_AS
from netspec.files.writing import within, write_within

_BYTES = 8


def identity(folder: Path) -> str:
    """The name of a run, 16 hexadecimal digits; it is made where the folder has none that is whole.

    Raises:
        NetspecError: NS0925: a link stands in its place. NS0903: it cannot be written.
    """
    file = within(folder, LOGGED_AS)
    if file.is_file():
        kept = read_bounded(file, 100).decode(errors="replace").strip()
        if re.fullmatch(f"[0-9a-f]{{{2 * _BYTES}}}", kept):
            return kept
    made = secrets.token_hex(_BYTES)
    write_within(folder, LOGGED_AS, made + "\n")
    return made

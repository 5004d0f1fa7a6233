"""Where the trials of a search are kept: a journal in its folder, or a database."""

from __future__ import annotations

import time
from pathlib import Path

from optuna.storages import BaseStorage, get_storage

from netspec.diagnostics import Code, NetspecError
from netspec.files.writing import within
from netspec.search.journal import journal_at

JOURNAL = "search.log"
"""The file of the journal in the search's folder."""

_LARGEST = 64 * 2**20
"""The bytes of a journal that are read."""

_PAUSES = (0.1, 0.4, 1.0)
"""Seconds after which a database is tried again: of processes that begin at once, the first makes its tables."""


def opened(folder: Path, url: str | None) -> BaseStorage:
    """The storage of a search, made where there is none.

    Args:
        folder: The search's folder.
        url: The URL of a database; None for the journal in the folder.

    Raises:
        NetspecError: NS0806: the journal is too large. NS0925: it is a link.
    """
    if url is None:
        file = within(folder, JOURNAL)
        if file.exists() and file.stat().st_size > _LARGEST:
            raise NetspecError.of(Code.NOT_RESUMABLE, f"{file} is larger than the journal of a search can be")
        return get_storage(journal_at(file))
    for pause in _PAUSES:
        try:
            return get_storage(url)
        except Exception as error:
            if "DBAPIError" not in (each.__name__ for each in type(error).__mro__):  # SQLAlchemy's, which Optuna brings
                raise
            time.sleep(pause)
    return get_storage(url)

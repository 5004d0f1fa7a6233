"""Writers of pictures, a file for each format: the suffixes that ask for it, and `write`.

What a writer needs beside netspec is imported when it writes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection
from importlib.util import find_spec

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.picture.picture import Picture

Write = Callable[[Picture], str | bytes]


def writers() -> dict[str, Write]:
    """The writers by suffix, ``.svg``."""
    found: dict[str, Write] = {}
    for each in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{each.name}")
        found.update(dict.fromkeys(module.SUFFIXES, module.write))
    return found


def writer(form: str) -> Write:
    """The writer of a suffix.

    Raises:
        NetspecError: NS0911: there is none.
    """
    known = writers()
    check_suffix(form, known, "picture")
    return known[form]


def check_suffix(form: str, known: Collection[str], what: str) -> None:
    """Make sure that a file's suffix is one of those known of what it will hold.

    Raises:
        NetspecError: NS0911: it is none of them.
    """
    if form not in known:
        message = f"`{form}` is the suffix of no {what}" if form else "the file's name has no suffix to tell its format"
        expected = f"{'one of ' if len(known) > 1 else ''}{', '.join(known)}"
        raise NetspecError.of(Code.UNKNOWN_FORMAT, message, expected=expected, fact=unknown(form, list(known)))


def require(form: str, library: str) -> None:
    """Make sure that a library is installed, without importing it.

    Raises:
        NetspecError: NS0904: it is not.
    """
    if find_spec(library) is None:
        message = f"{form} needs {library.removesuffix('_py')}, which is not installed"
        raise NetspecError.of(Code.TORCH_MISSING, message, help="install with: pip install 'netspec[draw]'")

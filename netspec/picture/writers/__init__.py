"""Writers of pictures, a file for each format: the suffixes that ask for it, and `write`.

What a writer needs beside netspec is imported when it writes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from importlib.util import find_spec

from netspec.diagnostics import Code, NetspecError
from netspec.picture.picture import Picture

Write = Callable[[Picture], str | bytes]


def writers() -> dict[str, Write]:
    """The writers by suffix, ``.svg``."""
    found: dict[str, Write] = {}
    for each in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{each.name}")
        found.update(dict.fromkeys(module.SUFFIXES, module.write))
    return found


def require(form: str, library: str) -> None:
    """Make sure that a library is installed, without importing it.

    Raises:
        NetspecError: NS0904: it is not.
    """
    if find_spec(library) is None:
        message = f"{form} needs {library.removesuffix('_py')}, which is not installed"
        raise NetspecError.of(Code.TORCH_MISSING, message, help="install with: pip install 'netspec[draw]'")

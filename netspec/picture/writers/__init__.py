"""Writers of pictures, a file for each format: the suffixes that ask for it, and `write`.

`GRAPHS_ALONE` says whether the format has words for boxes and edges alone, and none for other shapes.
What a writer needs beside netspec is imported when it writes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.picture.picture import Picture

Write = Callable[[Picture], str | bytes]


def writers() -> dict[str, Write]:
    """The writers by suffix, ``.svg``."""
    return {suffix: module.write for module in _modules() for suffix in module.SUFFIXES}


def of_shapes() -> tuple[str, ...]:
    """The suffixes of formats that tell any shapes, not graphs alone."""
    return tuple(suffix for module in _modules() if not module.GRAPHS_ALONE for suffix in module.SUFFIXES)


def _modules() -> Iterator[Any]:
    for each in pkgutil.iter_modules(__path__):
        yield importlib.import_module(f"{__name__}.{each.name}")


def writer(form: str) -> Write:
    """The writer of a suffix.

    Raises:
        NetspecError: NS0911: there is none.
    """
    known = writers()
    if form not in known:
        nothing = "the file's name has no suffix to tell its format"
        message = f"`{form}` is the suffix of no picture" if form else nothing
        fact = unknown(form, list(known))
        raise NetspecError.of(Code.UNKNOWN_FORMAT, message, expected=f"one of {', '.join(known)}", fact=fact)
    return known[form]


def require(form: str, library: str) -> None:
    """Make sure that a library is installed, without importing it.

    Raises:
        NetspecError: NS0904: it is not.
    """
    if find_spec(library) is None:
        message = f"{form} needs {library.removesuffix('_py')}, which is not installed"
        raise NetspecError.of(Code.TORCH_MISSING, message, help="install with: pip install 'netspec[draw]'")

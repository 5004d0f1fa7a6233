"""The formats to export to: each is one file here, whose name is that of `--format` and the suffix of its files.

A file has a `FORMAT`. Only the file of the chosen format is imported, and with it torch and what else it needs.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.exporters.result import Made
    from netspec.exporters.subject import Subject


@immutable
class Format:
    """A format.

    Attributes:
        title: The common name.
        make: Writes a network to a file, in the given version of ONNX's operators, reads it back and compares it.
    """

    title: str
    make: Callable[[Subject, Path, int | None], Made]


def formats() -> list[str]:
    """The names of all formats."""
    return sorted(each.name for each in pkgutil.iter_modules(__path__))


def format_of(path: Path, name: str | None = None) -> str:
    """The name of the format: as given, else by the suffix of the file.

    Raises:
        NetspecError: NS0911: there is no such format.
    """
    known = formats()
    if name is not None and name not in known:
        fact = unknown(name, known, listed=known)
        raise NetspecError.of(Code.UNKNOWN_FORMAT, f"`{name}` is no format to export to", fact=fact)
    found = name or path.suffix.lower().removeprefix(".")
    if found not in known:
        ending = f"`{path.suffix}` is the suffix of no format" if path.suffix else "it has no suffix"
        raise NetspecError.of(
            Code.UNKNOWN_FORMAT,
            f"{path} does not tell its format: {ending}",
            expected=f"one of {', '.join(f'.{each}' for each in known)}, or the format's name",
        )
    return found


def format_named(name: str) -> Format:
    """The format with that name.

    Raises:
        NetspecError: NS0904: a package that it needs is not installed.
    """
    try:
        found: Format = importlib.import_module(f"{__name__}.{name}").FORMAT
    except ModuleNotFoundError as error:
        if str(error.name).startswith("netspec"):
            raise
        message = f"the format {name} needs {error.name}, which is not installed"
        help = "install with: pip install 'netspec[export]'"
        raise NetspecError.of(Code.TORCH_MISSING, message, help=help) from None
    return found

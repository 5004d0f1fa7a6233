"""The errors of data that are not there or broken. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.styled import printable
from netspec.frontend.schema import SECTION
from netspec.functional.examples import UnfitData

_SHOWN = 10
"""The most files that are named; of all others the number is given."""


def missing(what: str, expected: str | None = None, help: str | None = None) -> NoReturn:
    """Raise NS0802: something is not there."""
    help = help or "say where the files are with --data DIR or by setting NETSPEC_DATA"
    raise NetspecError.of(Code.DATA_NOT_FOUND, what, expected=expected, help=help)


def damaged(where: object, what: str, help: str | None = None) -> NoReturn:
    """Raise NS0803 for a file of a data set."""
    raise NetspecError.of(Code.DATA_BROKEN, f"{where}: {what}", help=help)


def all_damaged(
    found: Iterable[tuple[str, str]], help: str, own: Mapping[str, str] | None = None, unseen: int = 0
) -> None:
    """Raise NS0803 for all files and entries that are broken, if any; the error's `partial` is the list of them.

    Args:
        found: Broken entries, each with the reason.
        help: The way to mend them.
        own: The ways to mend those that are mended in another way, by their names.
        unseen: The number of files that nobody has looked at.
    """
    broken = list(found)
    diagnostics = [
        Diagnostic(Code.DATA_BROKEN, f"{name}: {reason}", help=(own or {}).get(name, help))
        for name, reason in broken[:_SHOWN]
    ]
    if more := max(0, len(broken) - _SHOWN):
        others = f", and {unseen:,} others were not looked at" if unseen else ""
        diagnostics.append(Diagnostic(Code.DATA_BROKEN, f"{more:,} more {'is' if more == 1 else 'are'} broken{others}"))
    if diagnostics:
        raise NetspecError(diagnostics, partial=broken)


def mismatch(what: str, help: str | None = None, option: str = "") -> NoReturn:
    """Raise NS0804: the data are whole, but do not fit together or the recipe.

    Args:
        what: The reason.
        help: What would mend it.
        option: The data set's option that asks for it; empty for the data themselves.
    """
    path = (SECTION, "data", option) if option else None
    raise NetspecError.of(Code.DATA_MISMATCH, what, help=help, path=path)


@contextmanager
def refusals() -> Iterator[None]:
    """Raise NS0802, NS0803 or NS0804 for the refusals of `netspec.functional`, and of the system."""
    try:
        yield
    except FileNotFoundError as error:
        missing(printable(str(error)))
    except OSError as error:
        damaged(printable(str(error.filename)), f"it cannot be read ({error.strerror or error})")
    except UnfitData as error:
        mismatch(printable(error.what), printable(error.help), error.option)

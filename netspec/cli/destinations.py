"""Options that name what a command writes: suffix and place are checked before the command does anything."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import click

from netspec.cli import options

Suffixes = Collection[str] | Callable[[], Collection[str]]
"""The suffixes that a file may have, or what finds them; none where any will do."""

PRINTED = "-"
"""The name by which some commands print what they would write."""


def file(
    *names: str, suffixes: Suffixes = (), printed: bool = False, metavar: str = "FILE", **values: Any
) -> options.Decorator:
    """An option that takes the file that a command writes.

    Args:
        names: The option's.
        suffixes: Those of the formats that the command can write.
        printed: Whether ``-`` stands for standard output.
        metavar: The file as help shows it.
        values: What else click takes for an option.
    """

    def checked(ctx: click.Context, param: click.Parameter, given: Path | None) -> Path | None:
        if given is not None and not (printed and str(given) == PRINTED):
            check(given, suffixes)
        return given

    return options.path(*names, metavar=metavar, callback=checked, **values)


def folder(*names: str, metavar: str = "DIR", help: str) -> options.Decorator:
    """An option that takes the folder that a command writes into, and makes where there is none."""

    def checked(ctx: click.Context, param: click.Parameter, given: Path | None) -> Path | None:
        if given is not None:
            from netspec.files.destination import check_folder

            check_folder(given)
        return given

    return options.path(*names, metavar=metavar, callback=checked, help=help)


def place(*names: str, suffixes: Suffixes, metavar: str = "OUT", help: str) -> options.Decorator:
    """A required option that takes a file with one of these suffixes, or else a folder that a command writes into."""

    def checked(ctx: click.Context, param: click.Parameter, given: Path) -> Path:
        from netspec.files.destination import check_folder

        known = suffixes() if callable(suffixes) else suffixes
        suffix = given.suffix.lower()
        if suffix in known:
            check(given, known)
        elif suffix and not given.is_dir():
            raise click.BadParameter(f"{given} is to be a folder, or to end in {_listed(known)}.")
        else:
            check_folder(given)
        return given

    return options.path(*names, metavar=metavar, required=True, callback=checked, help=help)


def check(given: Path, suffixes: Suffixes) -> None:
    """Make sure that a file's suffix is that of a format, and that it can be written.

    A device or a pipe needs no suffix where there is but one format.

    Raises:
        BadParameter: It has another suffix.
        NetspecError: NS0903: nothing can be written there.
    """
    from netspec.files.destination import check_file, file_at

    known = suffixes() if callable(suffixes) else suffixes
    suffix = given.suffix.lower()
    if known and suffix not in known and (suffix or len(known) > 1 or file_at(given) is not None):
        raise click.BadParameter(f"{given} is to end in {_listed(known)}.")
    check_file(given)


def _listed(known: Collection[str]) -> str:
    """Suffixes as a choice: ``.png or .html``."""
    *first, last = known
    return f"{', '.join(first)} or {last}" if first else last

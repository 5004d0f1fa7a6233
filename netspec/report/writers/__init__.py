"""The output formats of every command: each is one file here, with the name that `--format` takes.

A file has a `WRITER`. Only the file of the chosen format is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable

from netspec.diagnostics.styled import Line, plain
from netspec.objects.immutable import immutable
from netspec.report.document import Document
from netspec.report.page import Page


@immutable
class Writer:
    """A format.

    Attributes:
        write: Writes a document, in pieces: plain texts, or lines with styles.
        for_people: Whether its readers are people, who need layout, and not programs.
        holds_errors: Whether its output includes the errors.
    """

    write: Callable[[Document, Page], Iterable[str | Line]]
    for_people: bool = True
    holds_errors: bool = False


def formats() -> list[str]:
    """The names of all formats: text first, the default of every command, then the others by name."""
    return sorted((each.name for each in pkgutil.iter_modules(__path__)), key=lambda name: (name != "text", name))


def writer(form: str) -> Writer:
    """The format with that name."""
    found: Writer = importlib.import_module(f"{__name__}.{form}").WRITER
    return found


def written(document: Document, form: str, page: Page | None = None) -> str:
    """A document in a format, without styles."""
    return plain(writer(form).write(document, page or Page()))

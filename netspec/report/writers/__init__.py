"""The formats in which every command tells its result: each is one file here, named as `--format` names it.

A file has a `WRITER`. Nothing but the one that is asked for is imported.
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
        write: Writes a document, in pieces: texts as they are, or lines with styles.
        for_people: Whether it is read by people, whom layout serves, and not by programs.
        holds_errors: Whether what it writes says also what was found wrong.
    """

    write: Callable[[Document, Page], Iterable[str | Line]]
    for_people: bool = True
    holds_errors: bool = False


def formats() -> list[str]:
    """The names of all formats: text first, which is what a command prints unasked, then the others by name."""
    return sorted((each.name for each in pkgutil.iter_modules(__path__)), key=lambda name: (name != "text", name))


def writer(form: str) -> Writer:
    """The format of that name."""
    found: Writer = importlib.import_module(f"{__name__}.{form}").WRITER
    return found


def written(document: Document, form: str, page: Page | None = None) -> str:
    """A document in a format, without styles."""
    return plain(writer(form).write(document, page or Page()))

"""Writing to the terminal or a pipe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from netspec.cli.streams import is_heard
from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.styled import Line, visible

if TYPE_CHECKING:
    from netspec.interop.load_report import LoadReport
    from netspec.report.document import Document
    from netspec.report.page import Page


def write(document: Document, form: str, stream: TextIO | None = None) -> int:
    """Write a result in the chosen format.

    Returns:
        The exit code: 1 where the document itself includes errors, or is of a failure.

    Raises:
        NetspecError: The errors found, where the format leaves them out.
    """
    from netspec.report.writers import writer

    made = writer(form)
    show(made.write(document, page()), stream)
    errors = list(document.errors())
    if errors and not made.holds_errors:
        raise NetspecError(errors)
    return int(bool(errors) or document.failed)


def show(pieces: Iterable[str | Line], stream: TextIO | None = None) -> None:
    """Write texts unchanged and lines in colour on a terminal, plain elsewhere, as long as somebody reads them."""
    stream = stream or sys.stdout
    console = None
    for piece in pieces:
        if not is_heard(stream):  # some are answers of a network, worked out one by one
            break
        if isinstance(piece, str) or not _colourful(stream):
            stream.write(piece if isinstance(piece, str) else visible("".join([t for t, _ in piece])).rstrip() + "\n")
            if stream.isatty():
                stream.flush()  # a text that is written word by word is read so
            continue
        from rich.console import Console
        from rich.text import Text

        console = console or Console(file=stream, highlight=False, soft_wrap=True)
        console.print(Text.assemble(*((visible(text), style) for text, style in piece)))


def show_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Render diagnostics on the standard error stream, after the text on standard output."""
    from netspec.diagnostics.render import render

    sys.stdout.flush()
    show(render(diagnostics), sys.stderr)


PLUGINS = "netspec.plugins"
"""The key of the files of plugins in the context of a command."""


def keep_inputs(target: Path | None, *read: str | Path | None) -> None:
    """Make sure that an output does not replace an input of the command.

    Args:
        target: The path to write to; None for nowhere.
        read: The inputs: files, or names of other things.

    Raises:
        NetspecError: NS0903: the output would replace an input.
    """
    context = click.get_current_context(silent=True)
    plugins: tuple[Path, ...] = context.meta.get(PLUGINS, ()) if context else ()
    for each in (*read, *plugins):
        with suppress(OSError, ValueError):
            if target is not None and each is not None and Path(each).is_file() and target.samefile(each):
                message = f"{target} cannot be written: it is what this command reads"
                raise NetspecError.of(Code.FILE_UNWRITABLE, message, help="give the output another name")


def show_load_report(report: LoadReport) -> None:
    """Print the outcome of each tensor of a file on the standard error stream."""
    from netspec.report.loading import loading

    write(loading(report), "text", sys.stderr)


@contextmanager
def load_report_shown() -> Iterator[None]:
    """Print the outcome of every tensor where weights do not fit, before the error."""
    try:
        yield
    except NetspecError as error:
        from netspec.interop.load_report import LoadReport

        if isinstance(error.partial, LoadReport):
            show_load_report(error.partial)
        raise


def page_width() -> int:
    """The columns of standard output: the terminal's, or a pipe's 80."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80


def page() -> Page:
    """The page of standard output: its columns, whether its encoding has more than ASCII, and a terminal's edge."""
    from netspec.report.page import Page

    try:
        "┏━…".encode(sys.stdout.encoding or "ascii")
        unicode = True
    except (UnicodeEncodeError, LookupError):
        unicode = False
    return Page(page_width(), unicode, sys.stdout.isatty())


def _colourful(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

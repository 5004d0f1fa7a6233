"""Standard streams: open even if the caller closed them, or the reader goes, and safe for a terminal with any text."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from netspec.diagnostics.styled import visible

_KEPT = "\n\t"


class Lasting:
    """A stream that outlasts its reader: what is written once that one has gone is discarded.

    So no command ends before it has done what it was asked for, and its exit code is its own. rich's writers find the
    stream itself under `rich_proxied_file`, so this one stands there.

    Args:
        stream: The stream to write to.

    Attributes:
        heard: Whether somebody may still read.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.heard = True

    def write(self, text: str) -> int:
        """Write a text."""
        with self._outlasting():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what is written."""
        with self._outlasting():
            self._stream.flush()

    @contextmanager
    def _outlasting(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self.heard = False
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())  # Python writes once more at exit
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Visible:
    """A stream that shows control characters instead of sending them; all printed text goes through it.

    Colours are trusted: their writers, such as rich, find the stream itself under `rich_proxied_file`.

    Args:
        stream: The stream to write to.
    """

    def __init__(self, stream: TextIO | Lasting) -> None:
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        """Write a text, line by line, with its control characters made visible."""
        shown = (line if line.isprintable() else visible(line, _KEPT) for line in text.split("\n"))
        self.rich_proxied_file.write("\n".join(shown))
        return len(text)

    def writelines(self, texts: Iterable[str]) -> None:
        """Write several texts."""
        for text in texts:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


@contextmanager
def safe_streams() -> Iterator[None]:
    """Make control characters visible on standard output and the error stream, while entered; both last to the end.

    A stream that the caller closed is opened and leads nowhere, in Python and in the system: otherwise the next file
    that is opened would take its number, and receive the text for the stream.
    """
    before = sys.stdout, sys.stderr
    _fill_standard_numbers()
    try:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is None:
                stream = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show must not end the command
                stream.reconfigure(errors="backslashreplace")
            setattr(sys, name, stream if isinstance(stream, Visible) else Visible(Lasting(stream)))
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # Python's own way out tells of it
                stream.flush()
        sys.stdout, sys.stderr = before


def is_heard(stream: TextIO) -> bool:
    """Whether somebody may still read what is written to a stream."""
    return bool(getattr(stream, "heard", True))


def _fill_standard_numbers() -> None:
    """Open nowhere under every standard number that is free."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one

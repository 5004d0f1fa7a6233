"""Standard streams: open even if the caller closed them, and safe for a terminal with any text from strangers."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from netspec.diagnostics.styled import visible

_KEPT = "\n\t"


class Visible:
    """A stream that shows control characters instead of sending them; all printed text goes through it.

    Colours are trusted: their writers, such as rich, find the stream itself under `rich_proxied_file`.

    Args:
        stream: The stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
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
    """Make control characters visible on standard output and the error stream, while entered.

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
            setattr(sys, name, stream if isinstance(stream, Visible) else Visible(stream))
        yield
    finally:
        sys.stdout, sys.stderr = before


def _fill_standard_numbers() -> None:
    """Open nowhere under every standard number that is free."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one

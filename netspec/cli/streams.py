"""Standard streams: open whatever the caller closed, and safe for a terminal whatever a stranger's names hold."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from netspec.diagnostics.styled import visible

_KEPT = "\n\t"


class Visible(io.TextIOBase):
    """A stream that shows control characters instead of sending them: the door of all that is printed.

    Colours are not a stranger's: what writes them, as rich does, finds the stream itself under `rich_proxied_file`.

    Args:
        stream: What is written to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """How it is encoded."""
        return self.rich_proxied_file.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What becomes of characters that it cannot encode."""
        return self.rich_proxied_file.errors

    def write(self, text: str) -> int:
        """Write a text, line by line as far as they can be shown."""
        shown = (line if line.isprintable() else visible(line, _KEPT) for line in text.split("\n"))
        self.rich_proxied_file.write("\n".join(shown))
        return len(text)

    def flush(self) -> None:
        """Pass on what is kept back."""
        self.rich_proxied_file.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self.rich_proxied_file.isatty()

    def fileno(self) -> int:
        """The descriptor."""
        return self.rich_proxied_file.fileno()

    def writable(self) -> bool:
        """It is."""
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


@contextmanager
def safe_streams() -> Iterator[None]:
    """Let standard output and the error stream show what they are given, while entered.

    One that the caller closed is open and leads nowhere, in Python and in the system: or else the next file that is
    opened would take its number, and what is written to the stream would go there.
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

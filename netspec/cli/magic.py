"""The magic `%netspec`: a command in a cell of a notebook, as on a terminal."""

from __future__ import annotations

import shlex
from typing import Any

from netspec.cli import run


class CommandFailed(Exception):
    """A command ended with another exit code than 0; it has said why itself."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def netspec(line: str) -> None:
    """Run `netspec` with the words of a line, in the notebook's own process.

    ``{name}`` in it is the value of a variable, by IPython. What the command prints is the cell's output.

    Raises:
        CommandFailed: Its exit code is not 0, or a quotation mark of the line is not closed.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise CommandFailed(f"error: the words of `%netspec {line}` cannot be told apart: {error}") from None
    if code := run(words):
        raise CommandFailed(f"exit code {code}")


def register(ipython: Any) -> None:
    """Give an IPython shell the magic."""
    ipython.register_magic_function(netspec, "line", "netspec")

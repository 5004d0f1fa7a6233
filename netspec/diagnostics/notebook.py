"""Diagnostics as IPython and notebooks show them: in place of a traceback, and as HTML that can do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import StringIO

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render import render
from netspec.diagnostics.styled import visible

_LOOKS = {
    "bold": "font-weight: 600",
    "dim": "opacity: .7",
    "red": "color: #c33",
    "yellow": "color: #a80",
    "green": "color: #2a2",
    "cyan": "color: #088",
    "blue": "color: #36c",
}
"""Styles of rich's as those of HTML, in colours that are read on a light and on a dark ground."""


def terminal_lines(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """Lines with the signs by which terminals, and cells of notebooks, change colours."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=StringIO(), force_terminal=True, color_system="standard", highlight=False, soft_wrap=True)
    with console.capture() as found:
        for line in render(diagnostics):
            console.print(Text.assemble(*((visible(text), style) for text, style in line)))
    return found.get().rstrip("\n").split("\n")


def html(diagnostics: Sequence[Diagnostic]) -> str:
    """The diagnostics in a block of HTML."""
    lines = ("".join(_piece(text, style) for text, style in line) for line in render(diagnostics))
    return "<pre>" + "\n".join(lines) + "</pre>"


def _piece(text: str, style: str) -> str:
    shown = escape(visible(text))
    looks = "; ".join(_LOOKS[word] for word in style.split() if word in _LOOKS)
    return f'<span style="{looks}">{shown}</span>' if looks else shown

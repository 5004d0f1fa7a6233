"""Texts of a spec in files that are not Python: inert, whatever they hold."""

from __future__ import annotations

import re


def toml_text(text: str) -> str:
    """A text on one line, as a basic string of TOML; what cannot be printed is left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def markdown_text(text: str) -> str:
    """A text as a paragraph of Markdown, which makes nothing of its signs; what cannot be printed is left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = re.sub(r"[\\`*\[\]<>|&~$]|(?<!\w)_|_(?!\w)", lambda sign: f"\\{sign[0]}", line)
    return re.sub(r"^([-+#=]|\d+(?=[.)]))", r"\\\1", line)

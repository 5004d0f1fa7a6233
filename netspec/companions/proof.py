"""The proof of a companion: Python reads the same in it as in one with harmless texts in place of the spec's.

A companion is laid out by a template of netspec's own; only its texts are the spec's. It is written a second time, with
plain words for them, and both are parsed: their trees must be equal, but for the texts that literals hold.
"""

from __future__ import annotations

import ast
import re
import tomllib
from typing import Any

from netspec.backends.proof import untrue
from netspec.recipe.function import Function

WORD = "word"
"""The word that replaces a text of a spec."""

_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")


def harmless(value: Any) -> Any:
    """A value of the same form with plain words for its texts."""
    if isinstance(value, Function):  # its name and those of its arguments are netspec's own
        return type(value)(value.target, {key: harmless(each) for key, each in value.arguments.items()})
    if isinstance(value, dict):
        return {f"{WORD}{number}": harmless(each) for number, each in enumerate(value.values())}
    if isinstance(value, (tuple, list)):
        return type(value)(map(harmless, value))
    return WORD if isinstance(value, str) else value


def proven_python(text: str, other: str, file: str) -> str:
    """A Python text, proven equal to another one made with harmless texts, up to the texts in it.

    Args:
        text: The text to be written.
        other: The same from harmless texts.
        file: Its name, for the error.

    Raises:
        NetspecError: NS0912: they differ. That is a fault of netspec, not of its user.
    """
    try:
        same = _tree(text) == _tree(other) and not any(map(_COOKIE.match, text.splitlines()[:2]))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise untrue(f"{file}: {error}") from None
    if not same:
        raise untrue(f"{file}: a text of the spec is more than a text there")
    return text


def proven_toml(text: str, other: str, file: str) -> str:
    """The same of TOML."""
    try:
        same = _forms(tomllib.loads(text)) == _forms(tomllib.loads(other))
    except (ValueError, RecursionError) as error:
        raise untrue(f"{file}: {error}") from None
    if not same:
        raise untrue(f"{file}: a text of the spec is more than a text there")
    return text


def _tree(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = WORD
    return ast.dump(tree)


def _forms(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _forms(each) for key, each in value.items()}
    return [_forms(each) for each in value] if isinstance(value, list) else type(value).__name__


def toml_text(text: str) -> str:
    """A text on one line, as a basic string of TOML; what cannot be printed is left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def markdown_text(text: str) -> str:
    """A text as a paragraph of Markdown, which makes nothing of its signs; what cannot be printed is left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = re.sub(r"[\\`*\[\]<>|&~$]|(?<!\w)_|_(?!\w)", lambda sign: f"\\{sign[0]}", line)
    return re.sub(r"^([-+#=]|\d+(?=[.)]))", r"\\\1", line)

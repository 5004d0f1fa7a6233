"""The Markdown that netspec's own pages and docstrings are written in, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["source", "heading", "list", "laid out", "paragraph"]

_FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> Iterator[tuple[Kind, str]]:
    """Source text, headings without their marks, lists, lines that are laid out by hand, and paragraphs."""
    for index, piece in enumerate(_FENCE.split(text)):
        if index % 2:
            yield "source", piece.rstrip("\n")
            continue
        for block in re.split(r"\n\s*\n", piece.strip("\n")):
            if block.startswith("#"):
                yield "heading", block.lstrip("# ")
            elif block.startswith("- "):
                yield "list", block
            elif any(line.startswith((" ", "-")) for line in block.split("\n")):
                yield "laid out", block
            elif block:
                yield "paragraph", " ".join(block.split("\n"))

"""The text that a network writes, as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.report.document import Document, Part, Running
from netspec.report.sheet import Sheet


def written(prompt: str, pieces: Iterator[str], count: int) -> Document:
    """A text and what goes on from it.

    Args:
        prompt: The text that is gone on from.
        pieces: What the network writes; they are asked for once.
        count: The number of tokens that are asked for.
    """

    def parts() -> Iterator[Part]:
        yield Running(_with(prompt, pieces))

    def data() -> dict[str, Any]:
        return {"prompt": prompt, "text": "".join(pieces), "tokens": count}

    def sheet() -> Sheet:
        return Sheet(("prompt", "text"), [(prompt, "".join(pieces))])

    return Document("Text", parts, data, sheet)


def _with(prompt: str, pieces: Iterator[str]) -> Iterator[str]:
    """The prompt, the pieces, and the end of the last line."""
    yield prompt
    yield from pieces
    yield "\n"

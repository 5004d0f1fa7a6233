"""The parts of a document as a page has them, which has room for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.report import document as doc


def in_full(parts: Iterable[doc.Part]) -> Iterator[doc.Part]:
    """The parts with what they are brief of, without gaps and empty lists; of a caption, what it remarks."""
    for part in parts:
        match part:
            case doc.Brief(full=full):
                yield from in_full(full())
            case doc.Caption(remark=text):
                if text.strip():
                    yield doc.Paragraph(text.strip())
            case doc.Items(items=of) | doc.Definitions(entries=of):
                if of:
                    yield part
            case doc.Gap():
                pass
            case _:
                yield part

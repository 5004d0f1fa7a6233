"""All pictures of a look at a network on one page, in the reader's light or dark colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netspec.look.drawing import draw
from netspec.look.methods import method_named
from netspec.report.document import Document, Paragraph, Part, Picture, Section
from netspec.report.sheet import Sheet
from netspec.report.writers import written
from netspec.report.writers.html import body

if TYPE_CHECKING:
    from netspec.look.looking import Looked


def page(looked: Looked) -> str:
    """The page, which stands alone."""
    document = Document(looked.name, lambda: _parts(looked), dict, lambda: Sheet((), ()))
    return written(document, "html")


def body_of(looked: Looked) -> str:
    """The pictures without the page around them."""
    return body(_parts(looked))


def _parts(looked: Looked) -> Iterator[Part]:
    yield Paragraph(f"Weights {looked.weights}.")
    before = ""
    for method, figure in looked.figures:
        if method != before:
            yield Section(method)
            yield Paragraph(f"Shows {method_named(method).summary}.")
        before = method
        yield Picture(
            ". ".join(filter(None, (figure.title, figure.subtitle))), draw(figure, "light"), draw(figure, "dark")
        )
    for note in looked.notes:
        yield Paragraph(note)

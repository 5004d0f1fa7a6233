"""PDF, drawn from the SVG by Typst, which keeps its texts as text."""

from __future__ import annotations

from dataclasses import replace

from netspec.picture.picture import Picture
from netspec.picture.units import inches
from netspec.picture.writers import require, svg

SUFFIXES = (".pdf",)
GRAPHS_ALONE = False

PAGE = '#set page(width: {width:.3f}pt, height: {height:.3f}pt, margin: 0pt, fill: none)\n#image("picture.svg")'


def write(picture: Picture) -> bytes:
    """A picture as a PDF file with one page of its size. The same picture gives the same bytes.

    Raises:
        NetspecError: NS0904: Typst is not installed.
    """
    require("PDF", "typst")
    import typst

    drawing = picture.drawing
    width = drawing.width * 0.75 if picture.width is None else inches(picture.width) * 72
    page = PAGE.format(width=width, height=width * drawing.height / drawing.width)
    files = {"main.typ": page.encode(), "picture.svg": svg.write(replace(picture, width=None)).encode()}
    return bytes(typst.compile(files, format="pdf", timestamp=0))

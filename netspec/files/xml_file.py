"""Strict reading of XML that a stranger may have written: to a bound, and without entities of its own."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from netspec.diagnostics import Code, NetspecError, Span
from netspec.files.reading import MAX_TEXT, read_bounded

_DEEPEST = 64
"""The deepest nesting of elements."""


class _Refused(ValueError):
    """What XML may have and is not read."""


def read_xml(path: Path) -> Element:
    """The root of an XML file.

    A document type is refused: it could declare entities, which stand for other files, or for themselves many times.

    Raises:
        NetspecError: NS0901: there is no such file. NS0902: it cannot be read, or is no such XML: it says where.
    """
    data = read_bounded(path, MAX_TEXT)
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _Refused(f"more than {_DEEPEST} elements lie in each other")
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def document_type(*_: object) -> NoReturn:
        raise _Refused("it declares a document type, of which entities could be made")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(data, True)
        return builder.close()
    except (expat.ExpatError, _Refused, LookupError, ValueError) as error:  # of encodings that Python does not know
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        if isinstance(error, expat.ExpatError):
            line, column = error.lineno, error.offset + 1
        reason = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else str(error)
        place = Span(str(path), line, column, line, column + 1)
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{path} is no XML: {reason}", span=place) from None

"""Documents: a command's result for every reader, as parts for people, data for programs, rows for a spreadsheet.

A result becomes a document in one place. A writer in `netspec.report.writers` turns it into text, Markdown, HTML,
JSON or CSV and knows no result. Costly parts are functions, which only the writers that need them call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from netspec.diagnostics import Diagnostic
from netspec.diagnostics.styled import Line
from netspec.objects.immutable import immutable
from netspec.report.sheet import Sheet


@immutable
class Verbatim:
    """A name or a value exactly as in a spec or in source."""

    text: str


@immutable
class Emphasis:
    """A stressed word."""

    text: str


@immutable
class Math:
    """A formula as a line of text, and in LaTeX for writers that ask for it."""

    text: str
    latex: Callable[[], str]


@immutable
class Link:
    """Words with a link."""

    text: str
    target: str


Inline = str | Verbatim | Emphasis | Math | Link | tuple["str | Verbatim | Emphasis | Link", ...]
"""A piece of a line. In a string, words between backticks are code."""


@immutable
class Caption:
    """The subject of a text, ``Model: "lenet"``; pages have the document's title instead.

    Attributes:
        name: The subject's name.
        kind: The kind of the named thing; empty where the name shows it.
        remark: Further text on that line.
    """

    name: str
    kind: str = ""
    remark: str = ""


@immutable
class Section:
    """The heading of a section."""

    title: str


@immutable
class Paragraph:
    """Sentences, with a style in rich's notation."""

    text: Inline
    style: str = ""


@immutable
class Prose:
    """Paragraphs in Markdown by a human author; text indents them by a number of columns."""

    text: str
    indent: int = 0


@immutable
class Items:
    """A list."""

    items: Sequence[str]


@immutable
class Notes(Items):
    """Conventions and remarks below the figures."""


@immutable
class Entry:
    """A name, its meaning, further text, and the name of its group."""

    name: str
    text: Inline
    note: str | None = None
    group: str = ""

    @property
    def whole_name(self) -> str:
        """The name behind that of its group."""
        return ", ".join(filter(None, (self.group, self.name)))


@immutable
class Definitions:
    """Names and their meanings; text indents the meanings by a number of columns."""

    entries: Sequence[Entry]
    indent: int = 2


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: Its heading.
        numeric: Whether numbers stand in it.
        beside: Whether text puts it in brackets behind the column before it.
        shapes: Whether shapes stand in it, so that a short cell has as many whole ones as fit.
    """

    title: str
    numeric: bool = False
    beside: bool = False
    shapes: bool = False


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        cells: The cell of each column.
        style: The style in rich's notation.
        name: The name in text and HTML that replaces the first cell, where the row is below headings.
        level: Headings above it.
        heading: Whether it heads the rows that follow and has no figures.
        mark: Whether it is marked with an asterisk, which a note explains.
    """

    cells: Sequence[Inline]
    style: str = ""
    name: str = ""
    level: int = 0
    heading: bool = False
    mark: bool = False


@immutable
class Table:
    """Rows under columns.

    Attributes:
        columns: The columns.
        rows: The rows.
        yields: Columns that the text shortens on a narrow terminal, in this order, each with its least number of
            characters.
        spare: The number of last columns that a terminal leaves out where shortening the first of these is not enough.
        rounded: The rows in fewer characters, for a narrow terminal.
    """

    columns: Sequence[Column]
    rows: Iterable[Row]
    yields: Sequence[tuple[int, int]] = ()
    spare: int = 0
    rounded: Sequence[Row] = ()


@immutable
class Listing(Table):
    """A table that text prints without a frame or a heading; a row has the style of its first cell."""


@immutable
class Totals(Table):
    """Single figures by their names; text puts each on a line of its own."""


def columns(words: Iterable[str], numbers: Iterable[str] = ()) -> list[Column]:
    """Columns with these titles, first those of words, then those of numbers."""
    return [*map(Column, words), *(Column(title, numeric=True) for title in numbers)]


@immutable
class Source:
    """Source text in a language, or a function that makes it for a number of columns."""

    text: str | Callable[[int], str]
    language: str

    def at(self, width: int = 110) -> str:
        """The text for a number of columns."""
        return self.text if isinstance(self.text, str) else self.text(width)


@immutable
class Lines:
    """Laid-out lines with styles."""

    lines: Iterable[Line]


@immutable
class Running:
    """Text that comes piece by piece; a terminal shows each as it comes."""

    pieces: Iterable[str]

    @property
    def lines(self) -> Iterable[Line]:
        """The text once all of it is there, by its lines."""
        return [((each, ""),) for each in "".join(self.pieces).splitlines()]


@immutable
class Brief:
    """Few lines for a terminal in place of the full parts of a page."""

    short: Callable[[], Iterable[Part]]
    full: Callable[[], Iterable[Part]]


@immutable
class Gap:
    """An empty line of a text; pages separate their blocks by themselves."""


@immutable
class Picture:
    """A picture for pages, as PNG in the reader's light or dark colours; texts leave it out.

    Attributes:
        words: What it shows, for readers who do not see it.
        light: On a light ground.
        dark: On a dark ground.
        widest: Pixels that it is shown wide, at most; None shows it in its own size.
    """

    words: str
    light: bytes
    dark: bytes
    widest: int | None = None


Part = (
    Caption
    | Section
    | Paragraph
    | Prose
    | Items
    | Definitions
    | Table
    | Source
    | Lines
    | Running
    | Brief
    | Gap
    | Picture
)


@immutable
class Document:
    """A result.

    Attributes:
        title: The heading of pages; empty for no heading.
        parts: The parts for people, from top to bottom.
        data: Everything as plain data; None is unknown.
        sheet: The rows for a spreadsheet.
        errors: Errors found on the way, read after the document is written. Data includes them; other readers get them
            separately.
        failed: Whether the command's exit code is 1, though nothing is wrong with the specs.
        long: Whether lists of the data may be long: JSON then has a line for each of their entries.
    """

    title: str
    parts: Callable[[], Iterable[Part]]
    data: Callable[[], Any]
    sheet: Callable[[], Sheet]
    errors: Callable[[], Sequence[Diagnostic]] = tuple
    failed: bool = False
    long: bool = False

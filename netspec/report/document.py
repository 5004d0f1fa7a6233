"""What a command has to tell, for every reader: parts for people, data for programs, rows for a spreadsheet.

A result becomes a document in one place. A writer in `netspec.report.writers` makes text, Markdown, HTML, JSON or CSV
of it and knows no result. All that costs time is a function, called by the writers that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from netspec.diagnostics import Diagnostic
from netspec.diagnostics.styled import Line
from netspec.objects.immutable import immutable


@immutable
class Verbatim:
    """A name or a value as it stands in a spec or in source."""

    text: str


@immutable
class Emphasis:
    """A word that stands out."""

    text: str


@immutable
class Math:
    """A formula, as a line of text and in LaTeX."""

    text: str
    latex: str


@immutable
class Link:
    """Words that lead somewhere."""

    text: str
    target: str


Inline = str | Verbatim | Emphasis | Math | Link | tuple["str | Verbatim | Emphasis | Link", ...]
"""A piece of a line. In a string, words between backticks are code."""


@immutable
class Caption:
    """What a text is about, ``Model: "lenet"``; pages have the document's title for it.

    Attributes:
        name: Its name.
        kind: The kind of thing that is named; empty where the name tells.
        remark: What else there is to say on that line.
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
    """Sentences, with a style in rich's words."""

    text: Inline
    style: str = ""


@immutable
class Prose:
    """Paragraphs in Markdown that a person wrote; text has them in so many columns from the left."""

    text: str
    indent: int = 0


@immutable
class Items:
    """A list."""

    items: Sequence[str]


@immutable
class Notes(Items):
    """Conventions and remarks that stand below the figures."""


@immutable
class Entry:
    """What a name means, what else is to be said of it, and the name of the group that it is one of."""

    name: str
    text: Inline
    note: str | None = None
    group: str = ""


@immutable
class Definitions:
    """Names and what each means; text has them in so many columns from the left."""

    entries: Sequence[Entry]
    indent: int = 2


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: Its heading.
        numeric: Whether numbers stand in it.
        beside: Whether text sets it in brackets behind the column before it.
    """

    title: str
    numeric: bool = False
    beside: bool = False


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        cells: Under each column.
        style: In rich's words.
        name: What text and HTML call it in place of the first cell, where it stands below headings.
        level: Headings above it.
        heading: Whether it heads the rows that follow and has no figures.
        mark: Whether it is marked with an asterisk, which a note tells the meaning of.
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
        yields: Where a terminal is too narrow: which columns of the text are shortened, in this order, and to how many
            characters at the least.
        spare: Whether its last column goes where shortening the first of these does not do.
        rounded: The rows in fewer characters, for where it is too narrow.
    """

    columns: Sequence[Column]
    rows: Iterable[Row]
    yields: Sequence[tuple[int, int]] = ()
    spare: bool = False
    rounded: Sequence[Row] = ()


@immutable
class Listing(Table):
    """A table that text sets without a frame or a heading; the style of a row is that of its first cell."""


@immutable
class Totals(Table):
    """Single figures by their names; text has each on a line of its own."""


def columns(words: Iterable[str], numbers: Iterable[str] = ()) -> list[Column]:
    """Columns of these titles, first those of words, then those of numbers."""
    return [*map(Column, words), *(Column(title, numeric=True) for title in numbers)]


@immutable
class Source:
    """Source text in a language, or what makes it of the number of columns that it may take."""

    text: str | Callable[[int], str]
    language: str


@immutable
class Lines:
    """Lines with styles that are laid out already."""

    lines: Iterable[Line]


@immutable
class Brief:
    """What a terminal shows in few lines where a page has room for all."""

    short: Callable[[], Iterable[Part]]
    full: Callable[[], Iterable[Part]]


@immutable
class Gap:
    """An empty line of a text; pages keep their blocks apart by themselves."""


Part = Caption | Section | Paragraph | Prose | Items | Definitions | Table | Source | Lines | Brief | Gap


class Sheet(NamedTuple):
    """Rows of plain values under names of columns, for a spreadsheet; None is unknown."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]], columns: Sequence[str], blank: Collection[str] = ()) -> Sheet:
        """These columns of records; in those that are `blank` None, or a key that a record has not, is nothing."""

        def value(record: Mapping[str, Any], column: str) -> Any:
            if column in blank:
                return "" if record.get(column) is None else record[column]
            return record[column]

        return cls(columns, ([value(record, column) for column in columns] for record in records))


@immutable
class Document:
    """A result.

    Attributes:
        title: What pages are headed by; empty for no heading.
        parts: For people, from top to bottom.
        data: Everything as plain data; None is unknown.
        sheet: What of it is rows.
        errors: What was found wrong meanwhile, asked for once it is written. Data has it already; for other readers it
            is told apart.
        long: Whether lists of the data may be long: JSON then has a line for each of their entries.
    """

    title: str
    parts: Callable[[], Iterable[Part]]
    data: Callable[[], Any]
    sheet: Callable[[], Sheet]
    errors: Callable[[], Sequence[Diagnostic]] = tuple
    long: bool = False

"""A table as lines of text in a frame, at most as wide as its page.

Borders are rich's. Rows are laid out here, because rich's own tables take 0.2 ms a row: 20 s for 100,000 layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rich.box import ASCII2, HEAVY_HEAD

from netspec.diagnostics.styled import Line, line, visible
from netspec.objects.immutable import immutable
from netspec.report.document import Row, Table
from netspec.report.numbers import shorten, shorten_label, shorten_shapes
from netspec.report.page import Page

INDENT = "  "


@immutable
class Fitted:
    """A column in its width: its heading, whether its cells are numbers, and the way to shorten a longer text."""

    title: str
    width: int
    numeric: bool
    shortened: Callable[[str, int, str], str]

    def cell(self, text: str, ellipsis: str) -> str:
        """`text` in the column's width."""
        text = visible(text)
        if self.numeric and len(text) <= self.width:
            return text.rjust(self.width)
        return self.shortened(text, self.width, ellipsis).ljust(self.width)


@immutable
class Grid:
    """A laid-out table.

    Attributes:
        columns: The columns that have room.
        left_out: The titles of the others.
        wanted: The least width at which no column is left out.
        cells: The cells of every row, as text.
        styles: The styles of the cells.
    """

    columns: Sequence[Fitted]
    left_out: Sequence[str]
    wanted: int
    cells: Sequence[Sequence[str]]
    styles: Sequence[str]

    def lines(self, page: Page) -> Iterator[Line]:
        """The cells in their frame."""
        box, widths = HEAVY_HEAD if page.unicode else ASCII2, [column.width + 2 for column in self.columns]
        titles = [column.cell(column.title, page.ellipsis) for column in self.columns]
        yield line(box.get_top(widths))
        yield _framed(titles, box.head_left, box.head_vertical, box.head_right, "bold")
        yield line(box.get_row(widths, "head"))
        for style, texts in zip(self.styles, self.cells, strict=True):
            fitted = [column.cell(text, page.ellipsis) for column, text in zip(self.columns, texts, strict=False)]
            yield _framed(fitted, box.mid_left, box.mid_vertical, box.mid_right, style)
        yield line(box.get_bottom(widths))


def grid(table: Table, text: Callable[[Row], list[str]], page: Page) -> Grid:
    """Lay out a table.

    Args:
        table: The table.
        text: Gives the cells of a row as text.
        page: The page that it has to fit.
    """
    rows = list(table.rows)
    found = _grid(table, rows, text, page)
    if table.rounded and (found.left_out or _width(found.columns) > page.width):
        found = _grid(table, table.rounded, text, page)
    return found


def _grid(table: Table, rows: Sequence[Row], text: Callable[[Row], list[str]], page: Page) -> Grid:
    cells = [text(row) for row in rows]
    columns = [
        Fitted(title, max([len(title), *(len(row[at]) for row in cells)]), numeric, shortened)
        for at, (title, numeric, shortened) in enumerate(_columns(table))
    ]
    wanted, left_out = _wanted_width(columns, table), list[str]()
    while page.fixed and len(left_out) < table.spare and page.width < _wanted_width(columns, table):
        left_out.insert(0, columns.pop().title)
    several = [(at, _without_several(columns[at], cells, at)) for at in range(len(columns))] if table.yields else []
    for at, least in (*several, *table.yields):
        excess = _width(columns) - page.width
        if excess > 0:
            width = columns[at].width
            columns[at] = replace(columns[at], width=max(width - excess, min(least, width)))
    styles = ["bold" if row.heading else row.style for row in rows]
    return Grid(columns, left_out, wanted, cells, styles)


def _without_several(column: Fitted, cells: Sequence[Sequence[str]], at: int) -> int:
    """The width of a column in which cells of several shapes tell no more than has room beside those of one."""
    if column.shortened is not shorten_shapes:
        return column.width
    return max([len(column.title), *(len(row[at]) for row in cells if not row[at].startswith("["))])


def _columns(table: Table) -> Iterator[tuple[str, bool, Callable[[str, int, str], str]]]:
    """Title, whether cells are numbers, and shortening of each column; a column takes in the one beside it."""
    columns = [*table.columns]
    while columns:
        first = columns.pop(0)
        if columns and columns[0].beside:
            yield f"{first.title} ({columns.pop(0).title.lower()})", False, shorten_label
        else:
            yield first.title, first.numeric, shorten_shapes if first.shapes else shorten


def _wanted_width(columns: Sequence[Fitted], table: Table) -> int:
    """The least width at which no column is left out, with all shortening done."""
    at, least = table.yields[0] if table.yields else (0, columns[0].width)
    return _width(columns) - max(columns[at].width - least, 0)


def _width(columns: Sequence[Fitted]) -> int:
    """Width of the frame: each cell with a blank on both sides and a border, and one more border."""
    return sum(column.width + 3 for column in columns) + 1


def _framed(texts: Sequence[str], left: str, between: str, right: str, style: str) -> Line:
    pieces: list[str | tuple[str, str]] = [left]
    for position, text in enumerate(texts):
        pieces += [between if position else "", (f" {text} ", style)]
    return line(*pieces, right)

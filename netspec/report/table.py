"""The summary as a table in the manner of Keras's ``model.summary()``.

Borders are rich's. Rows are laid out here, because rich's own tables take 0.2 ms a row: 20 s for 100,000 layers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from rich.box import ASCII2, HEAVY_HEAD, Box

from netspec.analysis import Analysis
from netspec.diagnostics.styled import Line, line, visible
from netspec.objects.immutable import immutable
from netspec.report.notes import convention_lines, left_out_lines, total_lines
from netspec.report.numbers import View, count, shapes_text, shorten, shorten_label
from netspec.report.rows import Row, table_rows

INDENT = "  "
LEAST_LABEL = 22
"""Below this width of the first column the multiply-accumulates give up their own."""


@immutable
class Page:
    """Where the table is shown: its width in characters, and whether it takes more than ASCII."""

    width: int = 80
    unicode: bool = True

    @property
    def box(self) -> Box:
        """Borders."""
        return HEAVY_HEAD if self.unicode else ASCII2

    @property
    def ellipsis(self) -> str:
        """What stands for text that was cut."""
        return "…" if self.unicode else "..."


@immutable
class Column:
    """A column: its heading, its width, whether numbers stand in it, and how a longer text is shortened."""

    title: str
    width: int
    numeric: bool = False
    shortened: Callable[[str, int, str], str] = shorten

    def cell(self, text: str, ellipsis: str) -> str:
        """`text` in the column's width. Numbers are never cut, since their width is the least the column may have."""
        text = visible(text)
        if self.numeric:
            return text.rjust(self.width)
        return self.shortened(text, self.width, ellipsis).ljust(self.width)


def summary_table(
    analysis: Analysis, view: View | None = None, page: Page | None = None, *, complete: bool = True
) -> Iterator[Line]:
    """The table, its totals and the conventions they follow; `complete` is false where the spec has errors."""
    view, page = view or View(), page or Page()
    rows = list(table_rows(analysis, view.depth))
    cells = [_cells(row, view) for row in rows]
    titles = ("Layer (type)", "Output Shape", "Param #", "MACs")
    columns = natural(titles, cells, words=(0, 1))
    columns[0] = replace(columns[0], shortened=shorten_label)
    wanted = _wanted_width(columns)
    fitted = _fit(columns, page.width)
    yield line(("Model: ", "bold"), f'"{analysis.graph.name}"', "" if complete else " (up to the first error)")
    yield from grid(["bold" if row.heading else "" for row in rows], cells, fitted, page)
    yield from total_lines(analysis, view)
    yield line()
    yield from convention_lines(analysis, view, page.width)
    yield from left_out_lines([column.title for column in columns[len(fitted) :]], wanted, page.width)


def _cells(row: Row, view: View) -> tuple[str, str, str, str]:
    """Layer (type), output shape, parameters, multiply-accumulates."""
    mark = " *" if row.training_only else ""
    return (
        f"{INDENT * row.level}{row.name} ({row.type}){mark}",
        shapes_text(row.shapes, view),
        "" if row.heading else count(row.params),
        "" if row.heading else count(row.macs),
    )


def natural(titles: Sequence[str], cells: Sequence[Sequence[str]], words: Collection[int] = (0,)) -> list[Column]:
    """The columns of these titles, as wide as their texts; those that `words` counts hold no numbers."""
    return [
        Column(title, max([len(title), *(len(row[at]) for row in cells)]), numeric=at not in words)
        for at, title in enumerate(titles)
    ]


def _wanted_width(columns: list[Column]) -> int:
    """The least width in which none of the columns goes."""
    return _width(columns) - max(columns[0].width - LEAST_LABEL, 0)


def _fit(columns: list[Column], width: int) -> list[Column]:
    """The columns in `width`: names are shortened first, then the last column goes, then shapes are shortened."""
    columns = list(columns if width >= _wanted_width(columns) else columns[:-1])
    excess = _width(columns) - width
    for position, least in ((0, LEAST_LABEL), (1, len("Output Shape")), (0, len("Layer (type)"))):
        if excess > 0:
            column = columns[position]
            columns[position] = replace(column, width=max(column.width - excess, min(least, column.width)))
            excess = _width(columns) - width
    return columns


def _width(columns: list[Column]) -> int:
    """Width of the grid: each cell with a blank on both sides and a border, and one border more."""
    return sum(column.width + 3 for column in columns) + 1


def grid(
    styles: Sequence[str], cells: Sequence[Sequence[str]], columns: Sequence[Column], page: Page
) -> Iterator[Line]:
    """Cells in a frame, with a style for each row; cells beyond the last column are left out."""
    box, widths = page.box, [column.width + 2 for column in columns]
    yield line(box.get_top(widths))
    yield _row(
        [c.cell(c.title, page.ellipsis) for c in columns], box.head_left, box.head_vertical, box.head_right, "bold"
    )
    yield line(box.get_row(widths, "head"))
    for style, texts in zip(styles, cells, strict=True):
        fitted = [column.cell(text, page.ellipsis) for column, text in zip(columns, texts, strict=False)]
        yield _row(fitted, box.mid_left, box.mid_vertical, box.mid_right, style)
    yield line(box.get_bottom(widths))


def _row(texts: list[str], left: str, between: str, right: str, style: str) -> Line:
    pieces: list[str | tuple[str, str]] = [left]
    for position, text in enumerate(texts):
        pieces += [between if position else "", (f" {text} ", style)]
    return line(*pieces, right)

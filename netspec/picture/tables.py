"""Tables in pictures: rows of texts with their places, ruled as in books."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.objects.immutable import immutable
from netspec.picture.drawing import LINE, Cell, Rect, Row, Table
from netspec.picture.font import text_width

ROW, COLUMN = LINE + 9.0, 16.0
"""The height of a row, and the space between columns."""


@immutable
class Column:
    """A column of a table: its head and its texts, and whether they end in line, as numbers do."""

    head: str
    texts: Sequence[str]
    numbers: bool = False


def table(
    columns: Sequence[Column],
    data: Sequence[tuple[tuple[str, str], ...]],
    faint: Sequence[bool] = (),
    foot: Sequence[str] = (),
) -> Table:
    """A table at the origin.

    Args:
        columns: Its columns; those without any text are left out.
        data: What each row stands for.
        faint: Whether each row's texts are faint.
        foot: The texts of a last row, below a rule.
    """
    kept = [(at, each) for at, each in enumerate(columns) if any(each.texts)]
    lines = [[each.head for _, each in kept]]
    lines += [[each.texts[row] for _, each in kept] for row in range(len(data))]
    if foot:
        lines.append([foot[at] for at, _ in kept])
    widths = [max(text_width(line[at], LINE) for line in lines) for at in range(len(kept))]
    wide = sum(widths) + COLUMN * len(kept)
    rows = []
    for number, line in enumerate(lines):
        x, cells = COLUMN / 2, []
        for text, width, (_, column) in zip(line, widths, kept, strict=True):
            cells.append(Cell(text, x + width * column.numbers, ROW * number + ROW / 2 + LINE * 0.36, column.numbers))
            x += width + COLUMN
        told = data[number - 1] if 0 < number <= len(data) else ()
        aside = bool(faint) and 0 < number <= len(data) and faint[number - 1]
        rows.append(Row(Rect(0.0, ROW * number, wide, ROW), tuple(cells), told, aside))
    rules = [0.0, ROW, ROW * len(lines)] + ([ROW * (len(lines) - 1)] if foot else [])
    return Table(Rect(0.0, 0.0, wide, ROW * len(lines)), rows[0], tuple(rows[1:]), tuple(sorted(rules)))

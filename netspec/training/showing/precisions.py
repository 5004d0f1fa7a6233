"""The table of a detector's precision over its recall, which a run keeps. Imports no torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from netspec.diagnostics import Code, NetspecError
from netspec.files.reading import read_bounded
from netspec.files.run_folder import PRECISIONS
from netspec.files.writing import within

_MOST = 1 << 26
"""The most bytes of a table: 10,000 classes have some 20 MB."""


def precisions_text(precisions: Mapping[str, Sequence[float]]) -> str:
    """The table: a row for each class, a column for each recall."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    points = max(map(len, precisions.values()))
    writer.writerow(["class", *(f"{index / (points - 1):g}" for index in range(points))])
    writer.writerows([name, *each] for name, each in precisions.items())
    return text.getvalue()


def read_precisions(folder: Path) -> dict[str, list[float]]:
    """The precision at each recall that a run keeps, by class; empty where it keeps none.

    Raises:
        NetspecError: NS0902: it is not as a run writes it. NS0925: it is a link.
    """
    file = within(folder, PRECISIONS[1])
    if not file.exists():
        return {}
    try:
        header, *rows = csv.reader(io.StringIO(read_bounded(file, _MOST).decode(), newline=""))
        found = {row[0]: [float(number) for number in row[1:]] for row in rows}
    except (ValueError, csv.Error, IndexError) as error:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file} cannot be read: {str(error)[:100]}") from None
    points = len(header) - 1
    whole = all(len(each) == points and all(0 <= value <= 1 for value in each) for each in found.values())
    if points < 2 or not found or not whole:
        raise NetspecError.of(Code.FILE_UNREADABLE, f"{file} is no table of shares")
    return found

"""The summary as CSV: a row for each layer, none for totals, so that a column's sum is its total."""

from __future__ import annotations

import csv
import io
from typing import Any

from netspec.analysis import Analysis
from netspec.report.numbers import UNKNOWN
from netspec.report.records import layer_record

COLUMNS = (
    "path",
    "op",
    "type",
    "inputs",
    "output_shape",
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "units",
    "connections",
    "activation_bytes",
    "training_only",
    "line",
)


def summary_csv(analysis: Analysis) -> str:
    """The layers' figures. Shapes and lists of inputs are joined by ``x`` and blanks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for node in analysis.graph.nodes.values():
        record = layer_record(analysis, node)
        writer.writerow([_cell(column, record[column]) for column in COLUMNS])
    return text.getvalue()


def _cell(column: str, value: Any) -> str:
    if column == "output_shape":
        return "x".join(map(str, value or ()))
    if column == "inputs":
        return " ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "" if column == "line" else UNKNOWN
    return str(value)

"""The summary as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from netspec.analysis import Analysis
from netspec.report.records import summary_record


def summary_json(analysis: Analysis) -> str:
    """The summary's record, a line for each layer; the same graph always gives the same bytes."""
    return "".join(_pieces(analysis))


def _pieces(analysis: Analysis) -> Iterator[str]:
    record = summary_record(analysis)
    opening = "{"
    for key, value in record.items():
        yield f"{opening}{json.dumps(key)}: "
        opening = ",\n "
        if key == "layers":
            yield "[" + ",".join(f"\n  {json.dumps(layer)}" for layer in value) + "\n ]"
        else:
            yield json.dumps(value)
    yield "}\n"

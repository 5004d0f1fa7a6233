"""The summary as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netspec.analysis import Analysis
from netspec.diagnostics import Diagnostic, as_dicts
from netspec.report.records import summary_record


def summary_json(analysis: Analysis) -> str:
    """The summary's record, a line for each layer; the same graph always gives the same bytes."""
    return "".join(_pieces(summary_record(analysis)))


def broken_json(analysis: Analysis | None, diagnostics: Sequence[Diagnostic]) -> str:
    """What is known of a broken spec, and its ``diagnostics``."""
    record = summary_record(analysis) if analysis else {}
    return "".join(_pieces({**record, "diagnostics": as_dicts(diagnostics)}))


def _pieces(record: Mapping[str, Any]) -> Iterator[str]:
    opening = "{"
    for key, value in record.items():
        yield f"{opening}{json.dumps(key)}: "
        opening = ",\n "
        if isinstance(value, list):
            yield "[" + ",".join(f"\n  {json.dumps(each)}" for each in value) + "\n ]"
        else:
            yield json.dumps(value)
    yield "}\n"

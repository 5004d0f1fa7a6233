"""JSON: the document's data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from netspec.report.document import Document
from netspec.report.page import Page
from netspec.report.writers import Writer


def _write(document: Document, page: Page) -> Iterator[str]:
    """The data; the same result always gives the same bytes."""
    data = document.data()
    if document.long:
        yield from _long(data)
    else:
        yield json.dumps(data, indent=2, default=str) + "\n"


def _long(data: Mapping[str, Any]) -> Iterator[str]:
    opening = "{"
    for key, value in data.items():
        yield f"{opening}{json.dumps(key)}: "
        opening = ",\n "
        if isinstance(value, list):
            yield "[" + ",".join(f"\n  {json.dumps(each)}" for each in value) + "\n ]"
        else:
            yield json.dumps(value)
    yield "}\n"


WRITER = Writer(_write, for_people=False, holds_errors=True)

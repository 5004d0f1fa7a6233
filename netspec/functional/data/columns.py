"""The columns of images and of labels in Parquet files."""

from __future__ import annotations

from typing import Any

LABELS = ("label", "labels", "fine_label", "target", "class")
"""Columns that are taken for labels, the first that is there."""


def label_column_of(schema: Any) -> str | None:
    """The column of labels; None where there is none of the usual names."""
    return next((name for name in LABELS if name in schema.names), None)


def image_column_of(schema: Any) -> str | None:
    """The first column of bytes, or of structs with bytes; None where there is none."""
    return next((str(each.name) for each in schema if holds_bytes(each.type)), None)


def holds_bytes(kind: Any) -> bool:
    """Whether a column of a type holds encoded images."""
    import pyarrow.types as kinds  # type: ignore[import-untyped]

    if kinds.is_struct(kind):
        fields = {
            kind.field(i).name: kind.field(i).type for i in range(kind.num_fields)
        }
        kind = fields.get("bytes")
    return kind is not None and (kinds.is_binary(kind) or kinds.is_large_binary(kind))

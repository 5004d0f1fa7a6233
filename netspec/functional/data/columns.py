"""Columns by their names: those of images and labels, and those that are not there."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

LABELS = ("label", "labels", "fine_label", "target", "class")
"""Columns that are taken for labels, the first that is there."""


def lacking(name: str, there: Sequence[str]) -> tuple[str, str]:
    """What is wrong where a column is not there, and what would mend it.

    Args:
        name: The column that is asked for.
        there: The columns that there are.
    """
    shown = ", ".join(f"`{each}`" for each in there[:20])
    more = f" and {len(there) - 20:,} more" if len(there) > 20 else ""
    help = f"it has {shown}{more}"
    if sign := next((s for s in ",;\t|" if len(there) == 1 and s in there[0]), ""):
        help += f": write `delimiter: {sign!r}`"
    if meant := get_close_matches(name[:200], there[:5000], 1):
        help = f"did you mean `{meant[0]}`? {help}"
    return f"it has no column `{name}`", help


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

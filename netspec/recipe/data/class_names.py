"""Names of classes that look like one: a slip of the hand makes two of a class. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.diagnostics.styled import printable
from netspec.recipe.data.raw import RawData

_SHOWN = 5
"""The most groups of names that are told."""


def twins_in(raw: RawData) -> Iterator[str]:
    """Remarks on classes whose names differ by the case of letters or by spaces alone, of one target or of several."""
    for output, names in [("", raw.classes), *((each.name, each.classes) for each in raw.outputs)]:
        if twins := _twins(names):
            of = f" of `{output}`" if output else ""
            listed = ", ".join(twins[:_SHOWN]) + (f" and {len(twins) - _SHOWN:,} more" * (len(twins) > _SHOWN))
            what = f"names of classes{of} differ by the case of letters or by spaces alone: {listed}"
            yield printable(f"{what}; give them one name, if they are one class")


def _twins(names: Sequence[str]) -> list[str]:
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault("".join(name.split()).casefold(), []).append(name)
    return [" and ".join(map(repr, each)) for each in alike.values() if len(each) > 1]

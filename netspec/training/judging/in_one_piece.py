"""Data that come without a part for the test, judged as a whole. Imports no torch."""

from __future__ import annotations

from dataclasses import replace

from netspec.recipe.data.raw import RawData


def with_all_for_test(raw: RawData, counted: str) -> RawData:
    """Data whose own test part is judged; without one their part for validation, or else all that there is.

    A note says which, for the examples may be among those that the network learned from.

    Args:
        raw: The data with their own parts, nothing held out.
        counted: The word for their examples.
    """
    if raw.test is not None:
        return raw
    judged, of = (raw.train, "all") if raw.validation is None else (raw.validation, "the part for validation,")
    note = f"the data have no part for the test: {of} {len(judged):,} {counted} are judged"
    if raw.validation is None:
        note += "; --held-out judges the share alone that the recipe holds out"
    return replace(raw, test=judged, validation=None, notes=(*raw.notes, note))

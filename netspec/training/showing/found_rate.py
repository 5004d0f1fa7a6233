"""The outcome of a learning rate range test. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netspec.recipe.measuring.range_test import RangeTest, smoothed
from netspec.report.document import Document, Part, Prose
from netspec.report.sheet import Sheet


def found_rate(found: RangeTest, picture: Path, rate: float) -> Document:
    """What a test suggests.

    Args:
        found: The test.
        picture: The file of its curve.
        rate: The recipe's own.
    """
    last = found.rates[found.lowest]

    def parts() -> Iterator[Part]:
        if found.suggested is None:
            yield Prose("no rate is suggested: the loss did not fall at any; look at the curve, or give more --steps")
        else:
            yield Prose(f"suggested learning rate {found.suggested:.1e}")
            yield Prose(f"the loss falls up to {last:.1e}: a schedule's peak lies below that; the recipe has {rate:g}")
        yield Prose(f"the curve of {len(found.rates)} steps is in {picture}")

    values = list(zip(found.rates, found.losses, smoothed(found.losses), strict=True))

    def data() -> dict[str, object]:
        keys = ("learning_rate", "loss", "smoothed_loss")
        steps = [dict(zip(keys, row, strict=True)) for row in values]
        return {"name": found.name, "suggested": found.suggested, "falls_up_to": last, "recipe": rate, "steps": steps}

    def sheet() -> Sheet:
        return Sheet(("learning_rate", "loss", "smoothed_loss"), values)

    return Document(found.name, parts, data, sheet)

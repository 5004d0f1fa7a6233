"""The outcome of a learning rate range test. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netspec.recipe.measuring.range_test import RangeTest
from netspec.report.document import Document, Part, Prose
from netspec.report.sheet import Sheet


def found_rate(found: RangeTest, picture: Path, rate: float) -> Document:
    """What a test suggests.

    Args:
        found: The test.
        picture: The file of its curve.
        rate: The recipe's own.
    """
    suggested = found.suggested
    last = None if suggested is None else found.rates[found.lowest]

    def parts() -> Iterator[Part]:
        if suggested is None:
            why = "the loss did not fall beyond its noise; look at the curve, or give more --steps"
            yield Prose(f"no rate is suggested: {why}")
        else:
            yield Prose(f"suggested learning rate {suggested:.1e}")
            yield Prose(f"the loss falls up to {last:.1e}: a schedule's peak lies below that; the recipe has {rate:g}")
        yield Prose(f"the curve of {len(found.rates)} steps is in {picture}")

    values = list(zip(found.rates, found.losses, found.smoothed, strict=True))

    def data() -> dict[str, object]:
        keys = ("learning_rate", "loss", "smoothed_loss")
        steps = [dict(zip(keys, row, strict=True)) for row in values]
        return {"name": found.name, "suggested": suggested, "falls_up_to": last, "recipe": rate, "steps": steps}

    def sheet() -> Sheet:
        return Sheet(("learning_rate", "loss", "smoothed_loss"), values)

    return Document(found.name, parts, data, sheet)

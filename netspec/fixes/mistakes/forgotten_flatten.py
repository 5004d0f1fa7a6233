"""Linear layers over the rows of an image, where an output for each class is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.fixes.base import Case, Mistake, Proposal
from netspec.lints.forgotten_flatten import ForgottenFlatten


class ForgottenFlattenBefore(Mistake):
    """A missing `flatten` before the layer that the lint names."""

    codes: ClassVar = frozenset({ForgottenFlatten.code})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """`flatten` before it; or an average over all positions, and `flatten`."""
        entry = case.entry_at(case.diagnostic.span)
        if entry is None or not isinstance(entry[-1], int):
            return
        flat = case.text.insert(entry, "flatten")
        if flat is not None:
            yield Proposal("`flatten` before it", (flat,))
        averaged = case.text.insert(entry, "global_avg_pool")
        if flat is not None and averaged is not None:
            yield Proposal("`global_avg_pool` and `flatten` before it", (averaged, flat), 1)

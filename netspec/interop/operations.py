"""Comparison of two networks' torch operations: the same operations, with the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from netspec.interop.result import Check
from netspec.interop.tracing import Operation

_SHOWN = 4
"""Kinds of operations that are listed for each network."""

Traces = tuple[Sequence[Operation], Sequence[Operation]]
"""Operations of one pass: ours, and the reference's."""


def operations_check(passes: Sequence[Traces], rounded: bool) -> Check:
    """Whether two networks ran the same operations in every pass: in one order, else with the same results.

    Differing operations may mean the same for any input or for this one alone: the result is `unknown`.

    Args:
        passes: The operations of each pass.
        rounded: Whether results are only close, so that they identify no operation.
    """
    left, right = Counter[str](), Counter[str]()
    for ours, theirs in passes:
        here, there = _apart(ours, theirs, rounded)
        left |= here
        right |= there
    if not left and not right:
        return Check("operations", "equal")
    told = f"{_told(left)} here, {_told(right)} in the reference"
    return Check("operations", "unknown", remark=f"{told}: this input does not show whether they mean the same")


def _apart(ours: Sequence[Operation], theirs: Sequence[Operation], rounded: bool) -> tuple[Counter[str], Counter[str]]:
    """Operations of one network that the other lacks, in words with their settings."""
    if [(each.name, each.settings) for each in ours] == [(each.name, each.settings) for each in theirs]:
        return Counter(), Counter()
    mine, other = (Counter((str(each), None if rounded else each.result) for each in side) for side in (ours, theirs))
    return _by_words(mine - other), _by_words(other - mine)


def _by_words(found: Counter[tuple[str, int | None]]) -> Counter[str]:
    words = Counter[str]()
    for (text, _), times in found.items():
        words[text] += times
    return words


def _told(operations: Counter[str]) -> str:
    if not operations:
        return "none of these"
    first = ", ".join(
        f"{text}{f' x {times}' if times > 1 else ''}" for text, times in islice(operations.items(), _SHOWN)
    )
    return f"{first} and {len(operations) - _SHOWN} more" if len(operations) > _SHOWN else first

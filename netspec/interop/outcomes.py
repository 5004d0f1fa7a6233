"""Outcomes of loaded tensors, from their values or their shapes alone. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.interop.load_report import Outcome
from netspec.interop.matching import Matching


def is_counter(name: str) -> bool:
    """Whether a tensor counts the batches that a norm has seen: it may start at zero, and older files lack it."""
    return name.rpartition(".")[2] == "num_batches_tracked"


def misshapen(name: str, original: str, theirs: Iterable[int], ours: Iterable[int]) -> Outcome:
    """The outcome of a tensor with another shape."""
    return Outcome(name, original, "mismatched", f"is {list(theirs)} and should be {list(ours)}")


def loaded(
    name: str, original: str, theirs: Iterable[int], ours: Iterable[int], converted: str | None = None
) -> Outcome:
    """The outcome of a tensor that fits, with the changes to it; `converted` describes that of its element type."""
    before, after = list(theirs), list(ours)
    done = [
        f"renamed from {original}" if original != name else None,
        f"reshaped from {before}" if before != after else None,
        converted,
    ]
    return Outcome(name, original, "loaded", ", ".join(filter(None, done)) or None)


def passed_over(matching: Matching) -> Iterator[Outcome]:
    """Outcomes of named tensors that are not loaded: second tensors of one name, and those left out by a rule."""
    for original, name in matching.clashes.items():
        yield Outcome(name, original, "mismatched", f"is taken by `{matching.pairs[name]}` and by `{original}`")
    for original in matching.left_out:
        yield Outcome(None, original, "left out", "by a rule of the spec")

"""Inputs in another order than the layer takes them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from netspec.diagnostics import Code
from netspec.fixes.base import Case, Proposal, mends


@mends(Code.WRONG_DTYPE)
def swapped(case: Case) -> Iterator[Proposal]:
    """Two of the inputs that an entry names, swapped."""
    for key in ("from", case.operation(case.entry)) if case.entry else ():
        path = (*case.entry, key)
        names = case.text.at(path)
        if not isinstance(names, list) or len(names) > 4:
            continue
        for one, other in combinations(range(len(names)), 2):
            order = list(range(len(names)))
            order[one], order[other] = other, one
            if names[one] != names[other]:
                told = ", ".join(case.text.raw((*path, at)) for at in order)
                yield Proposal(f"`[{told}]`", case.text.write(path, f"[{told}]"), -1)

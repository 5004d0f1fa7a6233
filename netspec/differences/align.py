"""Pairs of parts of two modules: the alignment of two lists with the greatest likeness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.differences.parts import Part

Pair = tuple[Part | None, Part | None]

MOST_CELLS = 250_000
"""The largest product of two lists' lengths for an alignment, which takes that time; beyond, only names are matched."""


def align(before: Sequence[Part], after: Sequence[Part]) -> list[Pair]:
    """Pairs in the order of the text; a part without a partner is paired with None.

    A name that the author chose weighs most, then the form, then the label. Numbers weigh little: one more layer at
    the front of a sequence changes them all.
    """
    start = 0
    while start < min(len(before), len(after)) and _same(before[start], after[start]):
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and _same(before[-1 - end], after[-1 - end]):
        end += 1
    a, b = before[start : len(before) - end], after[start : len(after) - end]
    middle = _by_name(a, b) if len(a) * len(b) > MOST_CELLS else _aligned(a, b)
    head = zip(before[:start], after[:start], strict=True)
    tail = zip(before[len(before) - end :], after[len(after) - end :], strict=True)
    return [*head, *middle, *tail]


def _same(a: Part, b: Part) -> bool:
    return a.form == b.form and a.name == b.name


def likeness(a: Part, b: Part) -> int:
    """The evidence that `a` became `b`; 0 where it cannot have."""
    if bool(a.children) != bool(b.children):
        return 0
    same_form, same_name, same_label = a.form == b.form, a.name == b.name, a.label == b.label
    if a.automatic and b.automatic:
        if not same_label:
            return 0
        return (8 if same_form else 4) + same_name
    if same_name:
        return 16 if same_form else 12 if same_label else 6
    if same_form:
        return 7
    if not same_label or (a.children and not a.block):
        return 0
    return 3 if next(iter(a.options.values()), None) == next(iter(b.options.values()), 0) else 2


def _aligned(a: Sequence[Part], b: Sequence[Part]) -> Iterator[Pair]:
    """Needleman and Wunsch, "A general method applicable to the search for similarities", 1970, without gap costs."""
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    scores = [[likeness(x, y) for y in b] for x in a]
    for i in range(len(a) - 1, -1, -1):
        row, below, here = best[i], best[i + 1], scores[i]
        for j in range(len(b) - 1, -1, -1):
            skipped = max(below[j], row[j + 1])
            row[j] = max(skipped, below[j + 1] + here[j]) if here[j] else skipped
    i = j = 0
    while i < len(a) and j < len(b):
        if scores[i][j] and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            yield a[i], b[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield a[i], None
            i += 1
        else:
            yield None, b[j]
            j += 1
    yield from ((part, None) for part in a[i:])
    yield from ((None, part) for part in b[j:])


def _by_name(a: Sequence[Part], b: Sequence[Part]) -> Iterator[Pair]:
    others = {part.name: part for part in b}
    for part in a:
        other = others.get(part.name)
        if other is not None and likeness(part, other):
            del others[part.name]
            yield part, other
        else:
            yield part, None
    yield from ((None, part) for part in others.values())

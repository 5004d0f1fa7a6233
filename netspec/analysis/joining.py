"""Receptive fields where paths join: over all of them, or over the one with the smallest field."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from netspec.analysis.seen_input import UNKNOWN, WHOLE, Extent, Seen, Sight, Work, shortest
from netspec.layers.reach import LONGEST_PERIOD


def join_largest(sights: Sequence[Sight], work: Work) -> Sight:
    """The field over all paths: the union of the windows, where they move alike; `work` pays for it."""
    return sights[0] if len(sights) == 1 else tuple(_union(each, work) for each in _by_axis(sights))


def join_chosen(sights: Sequence[Sight], chosen: Sequence[Sequence[int]], work: Work) -> Sight:
    """The field over some paths, which `chosen` lists for each axis of the network's input."""
    return tuple(_union(tuple(sights[at][axis] for at in paths), work) for axis, paths in enumerate(chosen))


def join_smallest(sights: Sequence[Sight], work: Work) -> Sight:
    """The field over the path with the smallest one; `work` pays for it."""
    return sights[0] if len(sights) == 1 else tuple(_least(each, work) for each in _by_axis(sights))


def _by_axis(sights: Sequence[Sight]) -> list[tuple[Seen | Extent, ...]]:
    return list(zip(*(sight for sight in sights if sight), strict=True))


def _union(sights: tuple[Seen | Extent, ...], work: Work) -> Seen | Extent:
    if WHOLE in sights:
        return WHOLE
    alike = _alike(sights, work)
    if alike is None:
        return _lost(sights)
    spans = []
    for index in range(len(alike[0].spans)):
        found = [span for span in (each.spans[index] for each in alike) if span]
        spans.append((min(span[0] for span in found), max(span[1] for span in found)) if found else None)
    return shortest(Seen(alike[0].axis, alike[0].step, tuple(spans)))


def _least(sights: tuple[Seen | Extent, ...], work: Work) -> Seen | Extent:
    finite = tuple(each for each in sights if each != WHOLE)
    alike = _alike(finite, work) if finite else None
    if alike is None:
        return _lost(finite) if finite else WHOLE
    return shortest(min(alike, key=lambda each: each.size))


def _lost(sights: tuple[Seen | Extent, ...]) -> Extent:
    """The axes along which the input's axis lies; unknown as soon as those of one field are."""
    axes = [frozenset((each.axis,)) if isinstance(each, Seen) else each.along for each in sights]
    return Extent(along=frozenset().union(*axes)) if all(axes) else UNKNOWN


def _alike(sights: tuple[Seen | Extent, ...], work: Work) -> list[Seen] | None:
    """Windows with a common period; None where they do not move alike."""
    windows = [each for each in sights if isinstance(each, Seen)]
    if len(windows) < len(sights) or len({(each.axis, each.stride) for each in windows}) > 1:
        return None
    period = lcm(*(len(each.spans) for each in windows))
    if period > LONGEST_PERIOD or (period > 1 and not work.spend(period * len(windows))):
        return None
    return [
        Seen(each.axis, each.step * period // len(each.spans), tuple(each.span(index) for index in range(period)))
        for each in windows
    ]

"""The sizes that a network takes near one that it refuses, and the steps that they come in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from netspec.analysis.size_groups import Group, Try, axes_named, groups
from netspec.diagnostics import Code, Diagnostic
from netspec.graph import Input
from netspec.objects.immutable import immutable
from netspec.shape import Shape

_MULTIPLES = (2, 4, 8, 16, 32, 64, 128)
"""Sizes are rounded up to a multiple of each, in search of one that works: what halves takes multiples of 2."""

_DIVISIBLE = 840
"""Then to a multiple of this, which all numbers up to 8 divide: windows of 7 among them."""

_IN_A_ROW = 64
"""Else so many sizes in a row are tried, where a network is beyond being too small for them."""

_DIVIDING = {Code.GROUPS_DO_NOT_DIVIDE, Code.BAD_RESHAPE}
"""Codes of what a size with another divisor may mend."""

FAR = 256
"""So far away from a size one that works is looked for."""


@immutable
class Near:
    """What works near a size of a group of axes.

    Attributes:
        group: The axes, with the size.
        below: The largest up to it that works, None where none is near.
        above: The smallest from it on.
        step: What those that work are apart from there on, 1 where all do; None where they are apart unevenly.
        rest: How much more than a multiple of the step they are.
    """

    group: Group
    below: int | None
    above: int | None
    step: int | None
    rest: int

    @property
    def works(self) -> bool:
        """Whether the size itself does."""
        return self.below == self.group.size


def differs_in_size(diagnostic: Diagnostic) -> bool:
    """Whether shapes that meet differ along their spatial axes, by less than twice: a matter of rounding."""
    shapes = [each for each in diagnostic.shapes if len(each) > 1]
    if diagnostic.code is not Code.UNEQUAL_SHAPES or len(shapes) < 2 or len({len(each) for each in shapes}) > 1:
        return False
    pairs = [(min(sizes), max(sizes)) for sizes in zip(*(each[1:] for each in shapes), strict=True)]
    return any(low != high for low, high in pairs) and all(0 < high < 2 * low for low, high in pairs)


def may_divide(diagnostic: Diagnostic) -> bool:
    """Whether a size with another divisor may mend it."""
    return diagnostic.code in _DIVIDING and any(len(shape) > 1 for shape in diagnostic.shapes)


def working_shapes(
    attempt: Try, shapes: Mapping[str, Shape], diagnostics: Iterable[Diagnostic]
) -> dict[str, Shape] | None:
    """Input shapes that work, if not far from those that do not; None where none was found.

    Args:
        attempt: Tries input shapes.
        shapes: Those that do not work.
        diagnostics: What is wrong with them.

    Raises:
        Exhausted: There was too much to try.
    """
    row = 0 if any(map(may_divide, diagnostics)) else _IN_A_ROW  # one that all divide tells as much
    return next((found for found in _candidates(shapes, row) if attempt(found) is not None), None)


def _candidates(shapes: Mapping[str, Shape], row: int) -> Iterator[dict[str, Shape]]:
    varied = groups(Input(name, shape) for name, shape in shapes.items())
    if not varied:
        return
    for multiple in (*_MULTIPLES, _DIVISIBLE):
        found = dict(shapes)
        for group in varied:
            found = group.resized(found, -(-group.size // multiple) * multiple)
        yield found
    first = max(FAR, 2 * max(group.size for group in varied))
    for size in range(first, first + row):
        found = dict(shapes)
        for group in varied:
            found = group.resized(found, size)
        yield found


def near(attempt: Try, shapes: Mapping[str, Shape], working: Mapping[str, Shape]) -> tuple[Near, ...]:
    """What works instead of the sizes that do not, each group of axes by itself.

    Args:
        attempt: Tries input shapes.
        shapes: Those that do not work.
        working: Some that do: the other axes are as they have it.

    Raises:
        Exhausted: There was too much to try.
    """

    def found(group: Group) -> Near:
        name, axis = group.axes[0]
        return near_size(lambda size: attempt(group.resized(working, size)) is not None, group, working[name][axis])

    varied = groups(Input(name, shape) for name, shape in shapes.items())
    return tuple(each for each in map(found, varied) if not each.works)


def near_size(works: Callable[[int], bool], group: Group, known: int) -> Near:
    """What works near the size of a group.

    Args:
        works: Whether a size of the group does.
        group: The group.
        known: A size that does.
    """
    below = next(filter(works, range(group.size, max(group.size - FAR, 0), -1)), None)
    above = next(filter(works, range(group.size, group.size + FAR + 1)), None)
    first = above or below or known
    following = [first]
    while len(following) < 4:
        size = next(filter(works, range(following[-1] + 1, following[-1] + FAR + 1)), None)
        if size is None:
            break
        following.append(size)
    steps = {b - a for a, b in pairwise(following)}
    step = steps.pop() if len(steps) == 1 and len(following) == 4 else None
    return Near(group, below, above, step, first % (step or 1))


def in_words(found: Iterable[Near], shapes: Mapping[str, Shape]) -> str:
    """``28 or 32 works for the height and width: a multiple of 4``."""
    parts = []
    for each in found:
        sizes = [str(size) for size in (each.below, each.above) if size is not None]
        steps = in_steps(each)
        verb = "work" if len(sizes) > 1 else "works"
        told = f"{' or '.join(sizes)} {verb}" if sizes else "others work"
        parts.append(f"{told} for the {axes_named(shapes, each.group)}{f': {steps}' if steps else ''}")
    return "; ".join(parts)


def in_steps(found: Near) -> str | None:
    """The steps of sizes that work in words, None where every size does or they are apart unevenly."""
    if found.step is None or found.step == 1:
        return None
    return f"{f'{found.rest} more than ' if found.rest else ''}a multiple of {found.step}"

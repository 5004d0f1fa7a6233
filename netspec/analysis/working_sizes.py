"""The sizes that a network takes near one that it refuses, and their step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from netspec.analysis.size_groups import Group, Try, axes_named, groups
from netspec.diagnostics import Code, Diagnostic
from netspec.graph import Input
from netspec.objects.immutable import immutable
from netspec.shape import Shape

_MULTIPLES = (2, 4, 8, 16, 32, 64, 128)
"""Sizes are rounded up to a multiple of each, in search of a working one: halving needs multiples of 2."""

_DIVISIBLE = 840
"""The next multiple tried; all numbers up to 8 divide it, with windows of 7 among them."""

_IN_A_ROW = 64
"""The number of consecutive sizes tried last; they are large, so that none is merely too small."""

_DIVIDING = {Code.GROUPS_DO_NOT_DIVIDE, Code.BAD_RESHAPE}
"""Codes of errors that a size with another divisor may mend."""

FAR = 256
"""The largest distance from a size at which a working one is sought."""


@immutable
class Near:
    """Working sizes near a size of a group of axes.

    Attributes:
        group: The axes, with the size.
        below: The largest working size up to it, None where none is near.
        above: The smallest working size from it on.
        step: The distance of working sizes from there on, 1 where all work; None where it is uneven.
        rest: Their remainder modulo the step.
    """

    group: Group
    below: int | None
    above: int | None
    step: int | None
    rest: int

    @property
    def works(self) -> bool:
        """Whether the size itself works."""
        return self.below == self.group.size


def differs_in_size(diagnostic: Diagnostic) -> bool:
    """Whether shapes that meet differ along their spatial axes, by less than twice: a matter of rounding."""
    shapes = [each for each in diagnostic.shapes if len(each) > 1]
    if diagnostic.code is not Code.UNEQUAL_SHAPES or len(shapes) < 2 or len({len(each) for each in shapes}) > 1:
        return False
    pairs = [(min(sizes), max(sizes)) for sizes in zip(*(each[1:] for each in shapes), strict=True)]
    return any(low != high for low, high in pairs) and all(0 < high < 2 * low for low, high in pairs)


def may_divide(diagnostic: Diagnostic) -> bool:
    """Whether a size with another divisor may mend the error."""
    return diagnostic.code in _DIVIDING and any(len(shape) > 1 for shape in diagnostic.shapes)


def working_shapes(
    attempt: Try, shapes: Mapping[str, Shape], diagnostics: Iterable[Diagnostic]
) -> dict[str, Shape] | None:
    """Input shapes that work, near those that do not; None where none was found.

    Args:
        attempt: Tries input shapes.
        shapes: The shapes that do not work.
        diagnostics: Their errors.

    Raises:
        Exhausted: There were too many sizes to try.
    """
    row = 0 if any(map(may_divide, diagnostics)) else _IN_A_ROW  # one that all divide is as informative
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
    """Working sizes near those that do not work, each group of axes by itself.

    Args:
        attempt: Tries input shapes.
        shapes: The shapes that do not work.
        working: Shapes that work, which the other axes keep.

    Raises:
        Exhausted: There were too many sizes to try.
    """

    def found(group: Group) -> Near:
        name, axis = group.axes[0]
        return near_size(lambda size: attempt(group.resized(working, size)) is not None, group, working[name][axis])

    varied = groups(Input(name, shape) for name, shape in shapes.items())
    return tuple(each for each in map(found, varied) if not each.works)


def near_size(works: Callable[[int], bool], group: Group, known: int) -> Near:
    """Working sizes near the size of a group.

    Args:
        works: Whether a size of the group works.
        group: The group.
        known: A size that works.
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
    """The step of working sizes in words, None where every size works or their distance is uneven."""
    if found.step is None or found.step == 1:
        return None
    return f"{f'{found.rest} more than ' if found.rest else ''}a multiple of {found.step}"

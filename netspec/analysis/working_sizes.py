"""The sizes that a network takes near one that it refuses, their step, and the smallest: help for errors of sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise

from netspec.analysis.size_search import LARGEST, Group, Try, axes_named, features_last, groups, keeping, smallest
from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.graph import Graph, Input
from netspec.objects.immutable import immutable
from netspec.resizing import Sized
from netspec.shape import Shape, times

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


TOO_SMALL = {Code.KERNEL_TOO_LARGE, Code.EMPTY_OUTPUT}
"""Codes of errors that a larger input may mend."""


def is_of_sizes(error: NetspecError) -> bool:
    """Whether another input size may mend all errors."""
    return all(each.code in TOO_SMALL or differs_in_size(each) or may_divide(each) for each in error.diagnostics)


def with_working_input(error: NetspecError, attempt: Try, shapes: Mapping[str, Shape], own: Graph | None) -> None:
    """The error with the working sizes in each diagnostic of an input size: the smallest, else the nearest.

    Args:
        error: The error of the elaboration; its diagnostics are replaced.
        attempt: Tries input shapes.
        shapes: The input shapes that failed.
        own: The network with the spec's own input shapes, None where these failed.

    Raises:
        Exhausted: There were too many sizes to try.
    """
    if not shapes or not is_of_sizes(error):
        return
    too_small = all(diagnostic.code in TOO_SMALL for diagnostic in error.diagnostics)
    words = (_smallest(attempt, shapes, own) if too_small else None) or _nearest(attempt, shapes, error.diagnostics)
    if words:
        add_help(error, words)


def add_help(error: NetspecError, words: str) -> None:
    """Put words below the help of each diagnostic."""
    error.diagnostics = [diagnostic.advised(words, "\n") for diagnostic in error.diagnostics]


def _smallest(attempt: Try, shapes: Mapping[str, Shape], own: Graph | None) -> str | None:
    """The smallest input that works, and whether trained weights fit, in words."""
    found = _smallest_shapes(attempt, shapes)
    if found is None:
        return None
    words = f"the smallest input that works is {' and '.join(map(times, found.values()))}"
    if own and _fits(attempt(found), own):
        return f"{words}, which trained weights fit"
    kept = _kept(attempt, own) if own else None
    return f"{words}; trained weights fit {kept}" if kept else words


def _nearest(attempt: Try, shapes: Mapping[str, Shape], diagnostics: Iterable[Diagnostic]) -> str | None:
    """The nearest sizes that work and their step, in words."""
    working = working_shapes(attempt, shapes, diagnostics)
    made = attempt(working) if working else None
    if working is None or made is None:
        return None
    last = features_last(made.graph)
    found = [replace(each, group=replace(each.group, last=last)) for each in near(attempt, shapes, working)]
    return in_words(found, shapes) or None


def _smallest_shapes(attempt: Try, shapes: Mapping[str, Shape]) -> Mapping[str, Shape] | None:
    """The shapes that failed, with each axis enlarged as far as necessary; None where none of them works."""

    def works(wanted: Mapping[str, Shape]) -> bool:
        return attempt(wanted) is not None

    varied = groups(Input(name, shape) for name, shape in shapes.items())
    if not varied:  # vectors: their features are no size to enlarge
        return None
    large = dict(shapes)
    while not works(large):
        if any(size * 2 > LARGEST for shape in large.values() for size in shape[1:]):
            return None
        for group in varied:
            large = group.resized(large, large[group.axes[0][0]][group.axes[0][1]] * 2)
    found = dict(shapes)
    for group in varied:
        name, axis = group.axes[0]
        least = smallest(partial(_works_resized, works, group, large), large[name][axis])
        found = group.resized(found, max(group.size, least or 0))
    return found if works(found) and found != shapes else None


def _works_resized(
    works: Callable[[Mapping[str, Shape]], bool], group: Group, shapes: Mapping[str, Shape], size: int
) -> bool:
    return works(group.resized(shapes, size))


def _kept(attempt: Try, own: Graph) -> str | None:
    """The sizes for which trained weights fit, in words; None where that is no single range with an end."""
    varied = groups(own.inputs.values())
    if len(varied) != 1:
        return None
    shapes = {name: each.shape for name, each in own.inputs.items()}

    def same(size: int) -> bool:
        return _fits(attempt(varied[0].resized(shapes, size)), own)

    low, high = keeping(same, varied[0].size)
    if high is None:
        return None
    axes = sum(name == varied[0].axes[0][0] for name, _ in varied[0].axes)
    return f"{times((low,) * axes)}" + (f" to {times((high,) * axes)}" if high != low else " alone")


def _fits(sized: Sized | None, own: Graph) -> bool:
    """Whether trained weights of the network fit another size of it."""
    return sized is not None and sized.state_dict == own.state_dict

"""Help for errors of an input size: the smallest input that works, or the nearest sizes and their step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from netspec.analysis.size_groups import Group, Try, groups
from netspec.analysis.size_search import LARGEST, keeping, smallest
from netspec.analysis.working_sizes import differs_in_size, in_words, may_divide, near, working_shapes
from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.graph import Graph, Input
from netspec.resizing import Sized
from netspec.shape import Shape, times

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
    return in_words(near(attempt, shapes, working), shapes) or None if working else None


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

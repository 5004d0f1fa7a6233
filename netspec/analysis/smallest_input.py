"""What an error of an input that is too small adds: the smallest input that works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from netspec.analysis.size_search import LARGEST, keeping, smallest
from netspec.analysis.sizes import Group, Try, groups
from netspec.diagnostics import Code, NetspecError
from netspec.graph import Graph, Input
from netspec.resizing import Sized
from netspec.shape import Shape, times

TOO_SMALL = {Code.KERNEL_TOO_LARGE, Code.EMPTY_OUTPUT}
"""Codes of what a larger input may mend."""


def with_smallest_input(error: NetspecError, attempt: Try, shapes: Mapping[str, Shape], own: Graph | None) -> None:
    """Tell in each diagnostic of an input that is too small which is the smallest that works.

    Args:
        error: What came of the elaboration; its diagnostics are replaced.
        attempt: Tries input shapes.
        shapes: The input shapes that failed.
        own: The network with the spec's own input shapes, None where these failed.
    """
    if not shapes or any(diagnostic.code not in TOO_SMALL for diagnostic in error.diagnostics):
        return
    found = _smallest_shapes(attempt, shapes)
    if found is None:
        return
    sizes = " and ".join(times(shape) for shape in found.values())
    words = f"the smallest input that works is {sizes}"
    if own and _fits(attempt(found), own):
        words += ", which trained weights fit"
    elif own and (kept := _kept(attempt, own)):
        words += f"; trained weights fit {kept}"
    error.diagnostics = [
        replace(diagnostic, help=f"{diagnostic.help}\n{words}" if diagnostic.help else words)
        for diagnostic in error.diagnostics
    ]


def _smallest_shapes(attempt: Try, shapes: Mapping[str, Shape]) -> Mapping[str, Shape] | None:
    """The shapes that failed, each axis enlarged as far as it must be; None where none of them works."""

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

"""Which input sizes a network takes, found by trying: it is elaborated anew for each size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.graph import Graph, Input
from netspec.layers.base import Window
from netspec.shape import Shape, replaced, times

Attempt = Callable[[Mapping[str, Shape]], Graph]
"""Elaborates the network for input shapes; raises `NetspecError` where it does not take them."""

TOO_SMALL = {Code.KERNEL_TOO_LARGE, Code.EMPTY_OUTPUT}
"""Codes of what a larger input may mend."""

LARGEST = 4096
"""A network that takes no size up to this one is taken to take none."""

EACH = 256
"""So many sizes below one that works are tried one by one, to be sure that it is the smallest."""


@dataclass(frozen=True, slots=True)
class Group:
    """Axes of the inputs that have one size and are varied together, as height and width are."""

    axes: tuple[tuple[str, int], ...]
    size: int

    def resized(self, shapes: Mapping[str, Shape], size: int) -> dict[str, Shape]:
        """The shapes with another size along these axes."""
        found = dict(shapes)
        for name, axis in self.axes:
            found[name] = replaced(found[name], axis, size)
        return found


@dataclass(frozen=True, slots=True)
class Loss:
    """Elements at the end of an axis that no window of a layer reaches."""

    key: str
    axis: int
    elements: int
    size: int


@dataclass(frozen=True, slots=True)
class Failure:
    """What first refuses a size: the layer, None where it is none of the network's own, and its error."""

    size: int
    key: str | None
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of one group of axes, the others as the spec has them.

    Attributes:
        group: The axes; its size is the spec's own.
        smallest: The smallest size that works, None where none does.
        below: What fails one below it.
        tried: Sizes that were tried one by one, with the border elements that each loses, or how it fails.
        fits_all: Whether trained weights fit every tried size that works.
        fits: Else the sizes around the spec's own at which every tensor keeps its shape, first and last; without a last
            one where there is no end.
    """

    group: Group
    smallest: int | None
    below: Failure | None
    tried: Mapping[int, tuple[Loss, ...] | Failure]
    fits_all: bool
    fits: tuple[int, int | None]

    @property
    def works(self) -> tuple[int, ...]:
        """Tried sizes that work."""
        return tuple(size for size, found in self.tried.items() if not isinstance(found, Failure))

    @property
    def lossless(self) -> tuple[int, ...]:
        """Tried sizes that work and lose no border element."""
        return tuple(size for size, found in self.tried.items() if not found)


def groups(inputs: Iterable[Input]) -> tuple[Group, ...]:
    """The spatial axes of the inputs: in one group where all have one size, else each by itself."""
    axes = [(each.name, axis, each.shape[axis]) for each in inputs for axis in range(1, len(each.shape))]
    if len({size for _, _, size in axes}) == 1:
        return (Group(tuple((name, axis) for name, axis, _ in axes), axes[0][2]),)
    return tuple(Group(((name, axis),), size) for name, axis, size in axes)


def legal_sizes(attempt: Attempt, graph: Graph, group: Group, window: range | None = None) -> Sizes:
    """Try sizes of one group of axes.

    Args:
        attempt: Elaborates the network.
        graph: The network with the spec's own sizes.
        group: The axes to vary.
        window: Sizes to try one by one; those from the smallest on and around the spec's own if None.
    """
    shapes = {name: each.shape for name, each in graph.inputs.items()}

    @cache
    def made(size: int) -> Graph | Failure:
        try:
            return graph if size == group.size else attempt(group.resized(shapes, size))
        except NetspecError as error:
            reached = error.partial.nodes if isinstance(error.partial, Graph) else {}
            key = next((key for key in graph.nodes if key not in reached), None)
            return Failure(size, key, error.diagnostics[0])

    def works(size: int) -> bool:
        return isinstance(made(size), Graph)

    def fits(size: int) -> bool:
        found = made(size)
        return isinstance(found, Graph) and found.state_dict == graph.state_dict

    least = smallest(works, group.size)
    tried = {size: made(size) for size in window or _around(least or 1, group.size)}
    below = made(least - 1) if least is not None and least > 1 else None
    return Sizes(
        group,
        least,
        below if isinstance(below, Failure) else None,
        {size: found if isinstance(found, Failure) else _losses(found) for size, found in tried.items()},
        all(fits(size) for size, found in {**tried, least: made(least)}.items() if isinstance(found, Graph))
        if least
        else False,
        keeping(fits, group.size),
    )


def smallest(works: Callable[[int], bool], start: int) -> int | None:
    """The smallest size that works: bisection from one that does, then every smaller one is tried.

    The second step is for networks that take some sizes and refuse larger ones, as where a factor must divide. Of the
    sizes below one beyond `EACH`, the first and the last that many are tried.
    """
    high = start
    while not works(high):
        high *= 2
        if high > LARGEST:
            return next((size for size in range(1, min(start, EACH)) if works(size)), None)
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    below = dict.fromkeys((*range(1, min(high, EACH)), *range(max(high - EACH, 1), high)))
    return next((size for size in below if works(size)), high)


def keeping(same: Callable[[int], bool], own: int) -> tuple[int, int | None]:
    """The range around `own` in which something stays the same; without an end where it does up to twice `own`."""
    limit = max(LARGEST, 2 * own)
    low, high = _edge(same, own, -1, 0), _edge(same, own, 1, limit + 1)
    # What lies between the sizes that were tried may differ: the range ends at the first that does.
    low = next((size + 1 for size in range(own, max(low, own - EACH) - 1, -1) if not same(size)), low)
    high = next((size - 1 for size in range(own, min(high, own + EACH) + 1) if not same(size)), high)
    return low, None if high == limit else high


def _edge(same: Callable[[int], bool], own: int, way: int, end: int) -> int:
    """The last size before `end` for which it stays the same: steps that double, then bisection."""
    inside, step = own, 1
    while True:
        outside = own + way * step
        if (outside - end) * way >= 0:
            outside = end
            break
        if not same(outside):
            break
        inside, step = outside, step * 2
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        inside, outside = (middle, outside) if same(middle) else (inside, middle)
    return inside


def _around(least: int, own: int) -> list[int]:
    """Sizes that are worth a try: the first that work, and those around the spec's own."""
    return sorted({*range(least, least + 33), *range(max(own - 16, 1), own + 17)})


def _losses(graph: Graph) -> tuple[Loss, ...]:
    """Elements that no window reaches, by layer and axis."""
    found = []
    for key, node in graph.nodes.items():
        window = node.layer.receptive_field(node.input_shapes) if node.inputs else None
        if not isinstance(window, Window):
            continue
        # A stride beyond its kernel passes over elements everywhere, not at the border alone.
        geometry = zip(window.kernel, window.stride, window.padding, strict=True)
        sizes = zip(node.input_shapes[0][1:], node.output_shapes[0][1:], strict=False)
        for axis, ((kernel, stride, padding), (size, outputs)) in enumerate(zip(geometry, sizes, strict=False)):
            lost = size - ((outputs - 1) * stride + kernel - padding)
            if lost > 0 and kernel >= stride:
                found.append(Loss(key, axis, lost, size))
    return tuple(found)


def with_smallest_input(error: NetspecError, attempt: Attempt, shapes: Mapping[str, Shape], own: Graph | None) -> None:
    """Tell in each diagnostic of an input that is too small which is the smallest that works.

    Args:
        error: What came of the elaboration; its diagnostics are replaced.
        attempt: Elaborates the network.
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
    if own and attempt(found).state_dict == own.state_dict:
        words += ", which trained weights fit"
    elif own and (kept := _kept(attempt, own)):
        words += f"; trained weights fit {kept}"
    error.diagnostics = [
        replace(diagnostic, help=f"{diagnostic.help}\n{words}" if diagnostic.help else words)
        for diagnostic in error.diagnostics
    ]


def _smallest_shapes(attempt: Attempt, shapes: Mapping[str, Shape]) -> Mapping[str, Shape] | None:
    """The shapes that failed, each axis enlarged as far as it must be."""

    def works(wanted: Mapping[str, Shape]) -> bool:
        try:
            attempt(wanted)
        except NetspecError:
            return False
        return True

    varied = groups(Input(name, shape) for name, shape in shapes.items())
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


def _kept(attempt: Attempt, own: Graph) -> str | None:
    """The sizes for which trained weights fit, in words; None where that is no single range with an end."""
    varied = groups(own.inputs.values())
    if len(varied) != 1:
        return None
    shapes = {name: each.shape for name, each in own.inputs.items()}

    def same(size: int) -> bool:
        try:
            return attempt(varied[0].resized(shapes, size)).state_dict == own.state_dict
        except NetspecError:
            return False

    low, high = keeping(same, varied[0].size)
    if high is None:
        return None
    axes = sum(name == varied[0].axes[0][0] for name, _ in varied[0].axes)
    return f"{times((low,) * axes)}" + (f" to {times((high,) * axes)}" if high != low else " alone")

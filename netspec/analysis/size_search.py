"""Axes of a network's inputs that are varied together, and searches among their sizes with few trials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from netspec.autograd.tensor import is_float_type
from netspec.graph import Graph, Input, Value
from netspec.layers.checks import AXIS_NAMES
from netspec.layers.ranks import ANY
from netspec.objects.immutable import immutable
from netspec.resizing import Sized
from netspec.shape import Shape, replaced

Try = Callable[[Mapping[str, Shape]], Sized | None]
"""The network for input shapes; None where it does not take them."""


@immutable
class Group:
    """Axes of the inputs that have one size and are varied together, such as height and width.

    Attributes:
        axes: An input and its axis, without the batch, of each.
        size: Their size.
        last: The inputs whose features stand last, so that no axis of theirs is a height or a width.
    """

    axes: tuple[tuple[str, int], ...]
    size: int
    last: frozenset[str] = frozenset()

    def resized(self, shapes: Mapping[str, Shape], size: int) -> dict[str, Shape]:
        """The shapes with another size along these axes."""
        found = dict(shapes)
        for name, axis in self.axes:
            found[name] = replaced(found[name], axis, size)
        return found


def features_last(graph: Graph) -> frozenset[str]:
    """The inputs whose last axis has the features, as the layers that take them tell.

    Layers that give each element back in its place, such as a dropout or a sum, are looked through. Where one layer
    takes the first axis for channels, it has them.
    """
    readers: dict[Value, list[tuple[bool | None, tuple[Value, ...]]]] = {}
    for node in graph.nodes.values():
        for value in node.inputs:
            same = node.layer.ranks is ANY and all(made.shape == value.shape for made in node.outputs)
            told = None if node.layer.ranks is ANY else node.layer.ranks.features_last
            readers.setdefault(value, []).append((told, node.outputs if same else ()))
    found = set()
    for name in graph.inputs:
        values = [value for value in readers if value.key == name]
        said: set[bool] = set()
        for value in values:  # it grows
            for told, further in readers.get(value, ()):
                said |= set() if told is None else {told}
                values += [each for each in further if each not in values]
        if said == {True}:
            found.add(name)
    return frozenset(found)


def groups(inputs: Iterable[Input], last: frozenset[str] = frozenset()) -> tuple[Group, ...]:
    """The axes of the inputs but channels and features: in one group where all have one size, else each by itself.

    Whole numbers and truth values along one axis are no features, but a sequence of tokens, or the mask of one. Beside
    other inputs, whose sizes are others, such sequences are grouped by themselves.

    Args:
        inputs: The inputs.
        last: Those of them whose features stand last.
    """
    tokens, others = list[tuple[str, int, int]](), list[tuple[str, int, int]]()
    for each in inputs:
        rank = len(each.shape)
        if rank == 1 and not is_float_type(each.dtype):
            tokens.append((each.name, 0, each.shape[0]))
        else:
            varied = range(rank - 1) if each.name in last else range(1, rank)
            others += [(each.name, axis, each.shape[axis]) for axis in varied]
    found = [*others, *tokens]
    parts = [found] if _sizes(found) == 1 else [others, tokens]
    return tuple([group for part in parts for group in _grouped(part, last)])


def _grouped(axes: Sequence[tuple[str, int, int]], last: frozenset[str]) -> tuple[Group, ...]:
    """Axes, with their sizes, in one group where all have one, else each by itself."""
    if _sizes(axes) == 1:
        return (Group(tuple((name, axis) for name, axis, _ in axes), axes[0][2], last),)
    return tuple(Group(((name, axis),), size, last) for name, axis, size in axes)


def _sizes(axes: Iterable[tuple[str, int, int]]) -> int:
    return len({size for _, _, size in axes})


def axes_named(shapes: Mapping[str, Shape], group: Group) -> str:
    """``height and width``, with the input's name where there are several."""
    words = []
    for name, axis in group.axes:
        rank = len(shapes[name]) - 1
        if rank == 0:
            word = "length"
        elif name in group.last:
            word = "features" if axis == rank else "length" if rank == 1 else f"axis {axis}"
        else:
            word = AXIS_NAMES[rank][axis - 1] if rank in AXIS_NAMES else f"axis {axis}"
        words.append(f"{word} of {name}" if len(shapes) > 1 else word)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


LARGEST = 4096
"""The largest size tried; a network that takes none up to it is assumed to take none."""

EACH = 256
"""Sizes below a working one that are tried one by one, to be sure that it is the smallest."""


def smallest(works: Callable[[int], bool], start: int) -> int | None:
    """The smallest size that works: bisection from one that does, then all smaller ones are tried.

    The second step is for networks that take some sizes and refuse larger ones, as where a factor must divide.
    Of the sizes below one beyond `EACH`, the first and the last `EACH` are tried.
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
    """The range around `own` in which a property stays the same; without an end where it does up to twice `own`."""
    limit = max(LARGEST, 2 * own)
    low, high = _edge(same, own, -1, 0), _edge(same, own, 1, limit + 1)
    # Sizes between those tried may differ: the range ends at the first that does.
    low = next((size + 1 for size in range(own, max(low, own - EACH) - 1, -1) if not same(size)), low)
    high = next((size - 1 for size in range(own, min(high, own + EACH) + 1) if not same(size)), high)
    return low, None if high == limit else high


def _edge(same: Callable[[int], bool], own: int, way: int, end: int) -> int:
    """The last size before `end` with the same property: steps that double, then bisection."""
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

"""Axes of a network's inputs that have one size and are varied together, and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from netspec.graph import Input
from netspec.layers.checks import AXIS_NAMES
from netspec.objects.immutable import immutable
from netspec.resizing import Sized
from netspec.shape import Shape, replaced

Try = Callable[[Mapping[str, Shape]], Sized | None]
"""The network for input shapes; None where it does not take them."""


@immutable
class Group:
    """Axes of the inputs that have one size and are varied together, such as height and width."""

    axes: tuple[tuple[str, int], ...]
    size: int

    def resized(self, shapes: Mapping[str, Shape], size: int) -> dict[str, Shape]:
        """The shapes with another size along these axes."""
        found = dict(shapes)
        for name, axis in self.axes:
            found[name] = replaced(found[name], axis, size)
        return found


def groups(inputs: Iterable[Input]) -> tuple[Group, ...]:
    """The spatial axes of the inputs: in one group where all have one size, else each by itself."""
    axes = [(each.name, axis, each.shape[axis]) for each in inputs for axis in range(1, len(each.shape))]
    if len({size for _, _, size in axes}) == 1:
        return (Group(tuple((name, axis) for name, axis, _ in axes), axes[0][2]),)
    return tuple(Group(((name, axis),), size) for name, axis, size in axes)


def axes_named(shapes: Mapping[str, Shape], group: Group) -> str:
    """``height and width``, with the input's name where there are several."""
    words = []
    for name, axis in group.axes:
        rank = len(shapes[name]) - 1
        word = AXIS_NAMES[rank][axis - 1] if rank in AXIS_NAMES else f"axis {axis}"
        words.append(f"{word} of {name}" if len(shapes) > 1 else word)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]

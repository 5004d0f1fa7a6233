"""Which input sizes a network takes, found by trying each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from netspec.analysis.size_search import keeping, smallest
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.graph import Graph, Input
from netspec.layers.base import Window
from netspec.resizing import Applied, Sized
from netspec.shape import Shape, replaced

Try = Callable[[Mapping[str, Shape]], Sized | None]
"""The network for input shapes; None where it does not take them."""

Elaborate = Callable[[Mapping[str, Shape]], Graph]
"""The same, elaborated; raises `NetspecError` where it does not take them."""


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


def legal_sizes(attempt: Try, elaborate: Elaborate, graph: Graph, group: Group, window: range | None = None) -> Sizes:
    """Try sizes of one group of axes.

    Args:
        attempt: Tries input shapes.
        elaborate: Tells what is wrong with input shapes.
        graph: The network with the spec's own sizes.
        group: The axes to vary.
        window: Sizes to try one by one; those from the smallest on and around the spec's own if None.
    """
    shapes = {name: each.shape for name, each in graph.inputs.items()}

    @cache
    def made(size: int) -> Sized | None:
        return attempt(group.resized(shapes, size))

    @cache
    def failure(size: int) -> Failure:
        try:
            elaborate(group.resized(shapes, size))
        except NetspecError as error:
            reached = error.partial.nodes if isinstance(error.partial, Graph) else {}
            first = error.diagnostics[0]
            unreached = (node for key, node in graph.nodes.items() if key not in reached)
            # The first is not always it: layers may be left out on purpose for a size.
            failed = next(
                (node.key for node in unreached if first.span and node.span and first.span in node.span), None
            )
            return Failure(size, failed, first)
        raise AssertionError(f"the network takes {size}, though it was found not to")

    def works(size: int) -> bool:
        return made(size) is not None

    def fits(size: int) -> bool:
        found = made(size)
        return found is not None and (found.state_dict is own or found.state_dict == own)

    itself = made(group.size)
    assert itself is not None, "a network that was elaborated takes its own sizes"
    own = itself.state_dict
    losses = cache(_losses_of)
    least = smallest(works, group.size)
    tried = {size: made(size) for size in window or _around(least or 1, group.size)}
    return Sizes(
        group,
        least,
        failure(least - 1) if least is not None and least > 1 and not works(least - 1) else None,
        {size: _losses(found, losses) if found else failure(size) for size, found in tried.items()},
        all(fits(size) for size in (*tried, least) if works(size)) if least else False,
        keeping(fits, group.size),
    )


def _around(least: int, own: int) -> list[int]:
    """Sizes that are worth a try: the first that work, and those around the spec's own."""
    return sorted({*range(least, least + 33), *range(max(own - 16, 1), own + 17)})


def _losses(sized: Sized, losses: Callable[[Applied], tuple[tuple[int, int, int], ...]]) -> tuple[Loss, ...]:
    """Elements that no window reaches, by layer and axis."""
    return tuple([Loss(key, *loss) for key, applied in sized.calls for loss in losses(applied)])


def _losses_of(applied: Applied) -> tuple[tuple[int, int, int], ...]:
    """The same of one layer: an axis, the elements that are lost at its end, and its size."""
    window = applied.layer.receptive_field(applied.inputs) if applied.inputs else None
    if not isinstance(window, Window):
        return ()
    found = []
    # A stride beyond its kernel passes over elements everywhere, not at the border alone.
    geometry = zip(window.kernel, window.stride, window.padding, strict=True)
    sizes = zip(applied.inputs[0][1:], applied.outputs[0][1:], strict=False)
    for axis, ((kernel, stride, padding), (size, outputs)) in enumerate(zip(geometry, sizes, strict=False)):
        lost = size - ((outputs - 1) * stride + kernel - padding)
        if lost > 0 and kernel >= stride:
            found.append((axis, lost, size))
    return tuple(found)

"""The input sizes that a network takes, found by trying each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from netspec.analysis.size_search import Group, Try, keeping, smallest
from netspec.analysis.working_sizes import Near, near_size
from netspec.diagnostics import Diagnostic, NetspecError
from netspec.graph import Graph
from netspec.layers.base import Window
from netspec.objects.immutable import immutable
from netspec.resizing import Applied, Sized
from netspec.shape import Shape

Elaborate = Callable[[Mapping[str, Shape]], Graph]
"""The elaborated network for input shapes; it raises `NetspecError` where it does not take them."""


@immutable
class Loss:
    """Elements at the end of an axis that no window of a layer reaches."""

    key: str
    axis: int
    elements: int
    size: int


@immutable
class Failure:
    """The first refusal of a size: the layer, None where it is none of the network's own, and its error."""

    size: int
    key: str | None
    diagnostic: Diagnostic


@immutable
class Sizes:
    """The sizes of one group of axes, the others as the spec has them.

    Attributes:
        group: The axes; its size is the spec's own.
        shapes: The input shapes of the other axes: the spec's own, or near ones where those do not work.
        near: The working sizes nearest to the spec's own, and their step.
        own: The failure of the spec's own size, None where it works.
        smallest: The smallest size that works, None where none does.
        below: The failure one below it.
        tried: Sizes that were tried one by one, with the border elements that each loses, or its failure.
        fits_all: Whether trained weights fit every tried size that works.
        fits: Else the sizes around the spec's own at which every tensor keeps its shape, first and last; the last is
            None where there is no end.
    """

    group: Group
    shapes: Mapping[str, Shape]
    near: Near
    own: Failure | None
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


def legal_sizes(attempt: Try, elaborate: Elaborate, graph: Graph, group: Group, window: range | None = None) -> Sizes:
    """Try sizes of one group of axes.

    Args:
        attempt: Tries input shapes.
        elaborate: Gives the errors of input shapes.
        graph: The network with the spec's own sizes, or others where those do not work.
        group: The axes to vary, with the spec's own size.
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
            # It is not always the first: layers may be left out on purpose for a size.
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

    name, axis = group.axes[0]
    start = shapes[name][axis]
    itself = made(start)
    assert itself is not None, "a network that was elaborated takes its own sizes"
    own = itself.state_dict
    losses = cache(_losses_of)
    least = smallest(works, start)
    tried = {size: made(size) for size in window or _around(least or 1, group.size)}
    return Sizes(
        group,
        shapes,
        near_size(works, group, start),
        None if works(group.size) else failure(group.size),
        least,
        failure(least - 1) if least is not None and least > 1 and not works(least - 1) else None,
        {size: _losses(found, losses) if found else failure(size) for size, found in tried.items()},
        all(fits(size) for size in (*tried, least) if works(size)) if least else False,
        keeping(fits, start),
    )


def _around(least: int, own: int) -> list[int]:
    """Sizes to try: the first that work, and those around the spec's own."""
    return sorted({*range(least, least + 33), *range(max(own - 16, 1), own + 17)})


def _losses(sized: Sized, losses: Callable[[Applied], tuple[tuple[int, int, int], ...]]) -> tuple[Loss, ...]:
    """Elements that no window reaches, by layer and axis."""
    return tuple([Loss(key, *loss) for key, applied in sized.calls for loss in losses(applied)])


def _losses_of(applied: Applied) -> tuple[tuple[int, int, int], ...]:
    """Losses of one layer: an axis, the elements lost at its end, and its size."""
    window = applied.layer.receptive_field(applied.inputs) if applied.inputs else None
    if not isinstance(window, Window):
        return ()
    found = []
    # A stride beyond its kernel skips elements everywhere, not at the border alone.
    geometry = zip(window.kernel, window.stride, window.padding, strict=True)
    sizes = zip(applied.inputs[0][1:], applied.outputs[0][1:], strict=False)
    for axis, ((kernel, stride, padding), (size, outputs)) in enumerate(zip(geometry, sizes, strict=False)):
        lost = size - ((outputs - 1) * stride + kernel - padding)
        if lost > 0 and kernel >= stride:
            found.append((axis, lost, size))
    return tuple(found)

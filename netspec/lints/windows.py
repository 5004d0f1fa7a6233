"""Layers that move a window with a stride, along one axis at a time."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Node
from netspec.layers.base import Window
from netspec.objects.immutable import immutable


@immutable
class Axis:
    """A window that moves along one spatial axis.

    Attributes:
        index: The axis, counted from the first spatial one.
        size: Elements of the input.
        windows: Elements of the output.
        extent: Elements that a window spans.
        stride: The step from one window to the next.
        before: Padding at the beginning.
    """

    index: int
    size: int
    windows: int
    extent: int
    stride: int
    before: int

    @property
    def skipped(self) -> int:
        """Elements between two windows that neither sees."""
        return max(self.stride - self.extent, 0)

    @property
    def dropped(self) -> int:
        """Elements at the end that no window sees, besides those between any two windows."""
        seen = (self.windows - 1) * self.stride + self.extent - self.before
        return max(self.size - seen - self.skipped, 0)


def strided_axes(node: Node) -> Iterator[Axis]:
    """The axes along which a layer's window moves by more than one element."""
    if len(node.inputs) != 1 or len(node.outputs) != 1:
        return
    sizes, windows = node.input_shapes[0][1:], node.output_shapes[0][1:]
    window = node.layer.receptive_field(node.input_shapes)
    if not isinstance(window, Window) or not len(window.stride) == len(sizes) == len(windows):
        return
    for index, stride in enumerate(window.stride):
        if stride > 1:
            yield Axis(index, sizes[index], windows[index], window.kernel[index], stride, window.padding[index])

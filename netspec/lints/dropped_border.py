"""The lint NS2006: a stride that drops border pixels."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.padding import Pad, pairs_per_axis
from netspec.lints.base import Finding, Lint, Network
from netspec.lints.windows import strided_axes

LEAST = 0.01
"""The least lost share of an axis with a warning: a sample in a thousand does not matter, a row in fifteen does."""

NAMES = {1: ("samples",), 2: ("rows", "columns"), 3: ("planes", "rows", "columns")}


class DroppedBorder(Lint):
    """A stride that does not divide its input's size ends before the border, and the rest is never seen.

    The loss is on one side alone, so that the result is also a little shifted. Sizes that fit, `ceil_mode`, or padding
    avoid it. A loss of less than one per cent of an axis is not reported, nor one of the padding that a `pad` added.
    """

    code = LintCode("NS2006", "a stride that drops border pixels")
    name = "dropped-border"
    bad = """\
input: [3, 29, 29]
layers:
  - {max_pool: 2}
"""
    mend = ("max_pool: 2", "max_pool: 2, ceil_mode: true")

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            added = _added(network.before(node.inputs[0])) if node.inputs else ()
            axes = [
                axis
                for axis in strided_axes(node)
                if axis.dropped > (added[axis.index] if added else 0) and axis.dropped >= LEAST * axis.size
            ]
            if not axes:
                continue
            names = NAMES[len(node.input_shapes[0]) - 1]
            lost = " and ".join(f"{axis.dropped} of {axis.size} {names[axis.index]}" for axis in axes)
            axis = axes[0]
            rounding = "`ceil_mode: true`" if "ceil_mode" in node.layer.option_fields() else "padding"
            yield Finding(
                node,
                f"`{node.path}` never sees the last {lost}",
                found=f"windows of {axis.extent} at stride {axis.stride} over {axis.size}",
                expected=f"a size such as {axis.size - axis.dropped} or {axis.size + axis.stride - axis.dropped}",
                help=f"{rounding} sees the border; so does another input size",
            )


def _added(node: Node | None) -> tuple[int, ...]:
    """Padding that a `pad` adds at the end of each spatial axis; nothing for another layer."""
    if node is None or not isinstance(node.layer, Pad) or node.activation is not None:
        return ()
    shape, padding = node.input_shapes[0], node.layer.padding
    axes = len(shape) - 1
    written = axes if isinstance(padding, int) or len(padding) == axes else len(shape)  # the channels may be among them
    return tuple(after for _, after in pairs_per_axis("padding", padding, written, least=None)[-axes:])

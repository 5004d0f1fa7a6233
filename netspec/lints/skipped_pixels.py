"""The lint NS2005: a stride larger than its kernel."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.base import Window
from netspec.lints.base import Finding, Lint, Network
from netspec.lints.windows import strided_axes
from netspec.shape import product


class SkippedPixels(Lint):
    """A window that steps further than it reaches leaves out the elements between, which are never seen.

    A 1x1 convolution with stride 2 sees a quarter of an image. In the shortcut of a residual block that is deliberate,
    since the body sees everything, and is not reported. Nor is a pooling of single elements in a detector: the coarsest
    level of a feature pyramid is made so.
    """

    code = LintCode("NS2005", "a stride larger than its kernel")
    name = "stride-larger-than-kernel"
    bad = """\
input: [3, 33, 33]
layers:
  - {conv: 16, kernel: 2, stride: 3}
  - relu
"""
    mend = ("kernel: 2", "kernel: 3")

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            axes = [axis for axis in strided_axes(node) if axis.skipped]
            if not axes or _is_projection(network, node) or _is_level(network, node):
                continue
            axis = axes[0]
            seen = product([each.extent for each in axes]) / product([each.stride for each in axes])
            yield Finding(
                node,
                f"`{node.path}` steps over {axis.skipped} of every {axis.stride} elements",
                found=f"stride {axis.stride}, a window of {axis.extent}: {100 * seen:.0f} % of the input is seen",
                expected=f"a kernel of at least {axis.stride}, or a stride of at most {axis.extent}",
                help=f"`kernel: {axis.stride}` sees everything"
                + (f"; so does `stride: {axis.extent}`" if axis.extent > 1 else "; a pooling before it keeps the rest"),
            )


def _is_level(network: Network, node: Node) -> bool:
    """Whether it pools single elements of a detector's levels, of which another level sees what it steps over."""
    alone = not node.weights and all(axis.extent == 1 for axis in strided_axes(node))
    return alone and network.graph.detection is not None


def _is_projection(network: Network, node: Node) -> bool:
    """Whether it is the shortcut of a residual block: a 1x1 window that leads to a sum, element by element."""
    if any(axis.extent > 1 for axis in strided_axes(node)):
        return False
    reader = network.only_reader(node)
    while reader is not None and len(reader.inputs) == 1:
        window = reader.layer.receptive_field(reader.input_shapes)
        if not isinstance(window, Window) or not window.is_pointwise:
            return False
        reader = network.only_reader(reader)
    return reader is not None

"""The lint NS2009: an even kernel with `padding: same`."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.layers.conv import Conv
from netspec.lints.base import Finding, Lint, Network


class EvenKernelSame(Lint):
    """An even kernel has no middle: `padding: same` adds one element more after the input than before it.

    Each such layer shifts its result by half an element, and the shifts of a stack add up; frameworks differ in the
    side that gets more. An odd kernel is centred.
    """

    code = LintCode("NS2009", "an even kernel with `padding: same`")
    name = "even-kernel-same"
    bad = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 4, padding: same}
  - relu
"""
    mend = ("kernel: 4", "kernel: 5")

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            layer = node.layer
            if not isinstance(layer, Conv) or layer.padding != "same":
                continue
            kernel, _, _, padding = layer.geometry(node.input_shapes)
            uneven = [axis for axis, (before, after) in enumerate(padding) if before != after]
            if uneven:
                size, (before, after) = kernel[uneven[0]], padding[uneven[0]]
                yield Finding(
                    node,
                    f"`{node.path}` shifts its result by half an element",
                    found=f"a kernel of {size}: {before} before the input, {after} after it",
                    expected="an odd kernel",
                    help=f"`kernel: {size + 1}` or `kernel: {size - 1}` is centred",
                )

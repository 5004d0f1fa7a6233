"""NS2004."""

from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.conv import Conv
from netspec.lints.base import Finding, Lint
from netspec.lints.network import Network
from netspec.shape import product


class StackedLinear(Lint):
    """Two linear maps in a row are one linear map: what they compute together, a single layer computes at less cost.

    That goes for linear layers and for 1x1 convolutions. A narrow layer between two wide ones is a factorisation, which
    saves parameters on purpose; that is not told of, nor is a normalisation or a dropout between the two.
    """

    code: ClassVar = LintCode("NS2004", "two linear layers with nothing between")
    name: ClassVar = "stacked-linear"
    bad: ClassVar = """\
input: [64]
layers:
  - {linear: 128}
  - {linear: 10}
"""
    good: ClassVar = """\
input: [64]
layers:
  - {linear: 128}
  - relu
  - {linear: 10}
"""

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            reader = network.only_reader(node)
            if reader is None or not _is_linear(node) or not _is_linear(reader):
                continue
            if node.activation is not None or node.layer.op != reader.layer.op or node.reuses or reader.reuses:
                continue
            first, middle, last = _features(node)[0], *_features(reader)
            if middle < min(first, last):
                continue
            yield Finding(
                reader,
                f"`{node.path}` and `{reader.path}` are one linear map: nothing stands between them",
                found=f"{first} -> {middle} -> {last} features, {middle * (first + last):,} weights",
                expected=f"one layer, {first} -> {last}: {first * last:,} weights",
                help=f"put an activation between them, or leave `{node.path}` out",
            )


def _is_linear(node: Node) -> bool:
    """Whether a layer maps the features at each position by one matrix."""
    layer = node.layer
    if isinstance(layer, Conv):
        kernel, stride, _, padding = layer.geometry(node.input_shapes)
        plain = all(before == after == 0 for before, after in padding) and product(stride) == 1
        dense = layer.groups == 1 and layer.connections is None and layer.bias != "unshared"
        return product(kernel) == 1 and plain and dense
    return layer.op == "linear"


def _features(node: Node) -> tuple[int, int]:
    axis = -1 if node.layer.op == "linear" else 0
    return node.input_shapes[0][axis], node.output_shapes[0][axis]

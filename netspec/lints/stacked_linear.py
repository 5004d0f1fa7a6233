"""The lint NS2004: two linear layers with nothing between."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.lints.base import Finding, Lint, Network


class StackedLinear(Lint):
    """Two linear maps in a row are one linear map, which a single layer computes at less cost.

    This holds for linear layers and for 1x1 convolutions. A narrow layer between two wide ones is a factorisation,
    which saves parameters on purpose; it is not reported, nor is a normalisation or a dropout between the two. A matrix
    that is tied to another, as a language model's last is to its embedding, costs nothing and is not reported either.
    """

    code = LintCode("NS2004", "two linear layers with nothing between")
    name = "stacked-linear"
    bad = """\
input: [64]
layers:
  - {linear: 128}
  - {linear: 10}
"""
    mend = ("  - {linear: 128}", "  - {linear: 128}\n  - relu")

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            reader = network.only_reader(node)
            if reader is None or node.activation is not None or node.reuses or reader.reuses:
                continue
            if network.is_shared(node, "weight") or network.is_shared(reader, "weight"):
                continue
            axis = node.layer.matrix_axis(node.input_shapes) if node.inputs else None
            if axis is None or axis != reader.layer.matrix_axis(reader.input_shapes):
                continue
            first, middle, last = (
                node.input_shapes[0][axis],
                reader.input_shapes[0][axis],
                reader.output_shapes[0][axis],
            )
            if middle < min(first, last):
                continue
            yield Finding(
                reader,
                f"`{node.path}` and `{reader.path}` are one linear map: nothing stands between them",
                found=f"{first} -> {middle} -> {last} features, {middle * (first + last):,} weights",
                expected=f"one layer, {first} -> {last}: {first * last:,} weights",
                help=f"put an activation between them, or leave `{node.path}` out",
            )

"""The lint NS2008: one layer holds most of the parameters."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.base import Refusal
from netspec.lints.base import Finding, Lint, Network
from netspec.shape import product, replaced, spell

MOST = 0.5
"""The share of the parameters that a layer may hold."""
LEAST = 1_000_000
"""Parameters of a network below which the lint is silent: there, all layers are light."""


class HeavyLayer(Lint):
    """One layer holds more than half of the parameters: mostly the first linear layer after `flatten`.

    It has a weight for each feature at each position, so it grows with the image, overfits first, and fixes the input's
    size. AlexNet and VGG are built so; since "Network in network" (Lin, Chen and Yan, 2013) a global pooling mostly
    stands before the last layer. Networks of less than a million parameters are not reported, nor are convolutions:
    where each stage has twice the channels of the one before, the last is the largest by nature.
    """

    code = LintCode("NS2008", "one layer holds most of the parameters")
    name = "heavy-layer"
    bad = """\
input: [3, 64, 64]
layers:
  - {conv: 64, kernel: 7, stride: 4, padding: 3, activation: relu}
  - {conv: 128, kernel: 7, stride: 4, padding: 3, activation: relu}
  - {conv: 128, kernel: 5, padding: 2, activation: relu}
  - flatten
  - {linear: 1024}
"""
    mend = ("  - flatten", "  - global_avg_pool\n  - flatten")

    def check(self, network: Network) -> Iterator[Finding]:
        weights = network.analysis.weights
        total = weights.total.params
        if total is None or total < LEAST:
            return
        holders = [key for key, count in weights.nodes.items() if count.params]
        for key in holders:
            node, params = network.graph.nodes[key], weights.nodes[key].params or 0
            if len(holders) > 1 and params > MOST * total and not _slides(node):
                yield Finding(
                    node,
                    f"`{node.path}` holds {100 * params / total:.0f} % of the parameters",
                    found=f"{params:,} of {total:,} parameters",
                    expected="no layer with more than half of them",
                    help=_fix(network, node),
                )


def _slides(node: Node) -> bool:
    """Whether a layer has as many weights for an image of twice the size, or a sequence of twice the length."""
    if not node.inputs or len(node.input_shapes[0]) < 2:
        return False
    return any(_keeps_weights(node, axis) for axis in range(len(node.input_shapes[0])))


def _keeps_weights(node: Node, axis: int) -> bool:
    """Whether a layer has the same weights where an axis of its input is twice as long."""
    twice = tuple(replaced(shape, axis, 2 * shape[axis]) if axis < len(shape) else shape for shape in node.input_shapes)
    try:
        return node.layer.weights(twice) == node.layer.weights(node.input_shapes)
    except Refusal:
        return False


def _fix(network: Network, node: Node) -> str:
    """A global pooling before a linear map of a whole image, with the parameters left; else a narrower layer."""
    before = network.before(node.inputs[0]) if node.inputs else None
    while before is not None and before.layer.acts_in_training:
        before = network.before(before.inputs[0])
    if before is not None and before.layer.rearranges and len(before.output_shapes[0]) < len(before.input_shapes[0]):
        image = before.input_shapes[0]
        left = (image[0] + 1) * product(node.output_shapes[0])
        if before.inputs[0].key in network.graph.inputs:
            return f"convolutions and poolings before `{before.path}`, which reads the whole {spell(image)} as it is"
        return f"`global_avg_pool` before `{before.path}`, which reads {spell(image)}, leaves {left:,} parameters"
    return "a narrower layer, or two with a narrow one between, holds less"

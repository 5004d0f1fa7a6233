"""The lint NS2007: a receptive field smaller than the classified image."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.reach import kept
from netspec.lints.base import Finding, Lint, Network
from netspec.shape import product, times


class SmallReceptiveField(Lint):
    """A classifier that averages its features over the image never sees more of it at once than one feature does.

    Where that is less than the image, the order of its parts is lost: the network counts patches, as a bag of words
    counts words (Brendel and Bethge, "Approximating CNNs with bag-of-local-features models works surprisingly well on
    ImageNet", 2019). The lint warns of classifiers in which at most one linear layer follows a global pooling; after
    two, or after `flatten`, units see the whole image. Signals of one axis are not reported: an average over time is
    how they are classified, whatever their length.
    """

    code = LintCode("NS2007", "a receptive field smaller than the image that is classified")
    name = "small-receptive-field"
    bad = """\
input: [3, 64, 64]
layers:
  - {conv: 32, kernel: 3, padding: 1}
  - relu
  - global_avg_pool
  - flatten
  - {linear: 10}
"""
    mend = ("kernel: 3, padding: 1}", "kernel: 8, stride: 8}\n  - relu\n  - {conv: 32, kernel: 9, padding: 4}")

    def check(self, network: Network) -> Iterator[Finding]:
        (first, *others) = network.graph.inputs.values()
        if others or len(first.shape) < 3:
            return
        image = first.shape[1:]
        for node in network.graph.nodes.values():
            if not _is_global(node) or not _classifies(network, node):
                continue
            field = network.analysis.receptive.nodes.get(node.inputs[0].key)
            if field is None or len(field.size) != len(image):
                continue
            if any(seen < size for seen, size in zip(field.size, image, strict=True)):
                yield Finding(
                    node,
                    f"`{node.path}` averages features that each see but a part of the image",
                    found=f"a receptive field of {times(field.size)} in an input of {times(image)}",
                    expected=f"at least {times(image)}",
                    help="more layers, larger kernels or dilation; a stride early on widens all that follow",
                )


def _is_global(node: Node) -> bool:
    """Whether a layer without weights turns each channel into one number."""
    if node.weights or len(node.inputs) != 1 or product(node.input_shapes[0][1:]) == 1:
        return False
    rank = len(node.input_shapes[0])
    return node.layer.receptive_field(node.input_shapes) == kept(rank, tuple(range(1, rank)))


def _classifies(network: Network, node: Node) -> bool:
    """Whether the layer leads to the network's output, a vector, through at most one layer that mixes features."""
    mixing = 0
    reader: Node | None = node
    while reader is not None:
        if network.gives(reader):
            return not reader.training_only and len(reader.output_shapes[0]) == 1
        reader = network.only_reader(reader)
        if reader is None or len(reader.inputs) > 1 or reader.layer.receptive_field(reader.input_shapes) is None:
            return False
        mixing += reader.layer.weight_layer
        if mixing > 1:
            return False
    return False

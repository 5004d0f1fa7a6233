"""The lint NS2001: a bias before a normalisation."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.lints.base import Finding, Lint, Network


class BiasBeforeNorm(Lint):
    """A normalisation takes away each channel's mean, and with it any bias that the layer before has added.

    The bias costs memory and optimizer state, gets a gradient of zero, and drifts under weight decay alone. The
    normalisation has a bias of its own (Ioffe and Szegedy, "Batch normalization", 2015, section 3.2). Trained weights
    that have such a bias, as torchvision's VGG with batch normalisation, need it in order to load. A bias before a
    frozen normalisation, which keeps its statistics, has an effect and is not reported; nor is a tied bias.
    """

    code = LintCode("NS2001", "a bias before a normalisation")
    name = "bias-before-norm"
    bad = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - batch_norm
  - relu
"""
    mend = ("kernel: 3}", "kernel: 3, bias: false}")

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            axis = node.layer.bias_axis(node.input_shapes) if node.inputs and node.activation is None else None
            if node.reuses or axis is None or "bias" not in node.layer.option_fields():
                continue
            if network.is_shared(node, "bias"):
                continue
            readers = [network.only_reader(call) for call in network.calls(node)]
            if all(reader is not None and _takes_the_mean(reader, axis) for reader in readers):
                norm = readers[0].path if readers[0] else ""
                scalars = node.weights["bias"].numel
                s = "" if scalars == 1 else "s"
                yield Finding(
                    node,
                    f"`{norm}` takes away the bias that `{node.path}` adds",
                    found=f"a bias of {scalars:,} scalar{s} before `{norm}`",
                    expected="`bias: false`",
                    help=f"`bias: false` computes the same with {scalars:,} parameter{s} less",
                )


def _takes_the_mean(node: Node, axis: int) -> bool:
    """Whether a layer subtracts a mean at each place of an axis; a frozen batch norm subtracts that of other images."""
    centring = node.layer.centring(node.input_shapes)
    return centring is not None and axis not in centring.axes and not node.frozen

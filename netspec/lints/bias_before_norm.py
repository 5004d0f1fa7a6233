"""NS2001."""

from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.lints.base import Finding, Lint
from netspec.lints.network import Network

NORMS = ("batch_norm", "instance_norm")
"""Layers that take away each channel's mean. Layer and group norm mix channels, so that a bias has its effect."""


class BiasBeforeNorm(Lint):
    """A normalisation takes away each channel's mean, and with it whatever bias the layer before has added.

    The bias costs memory and optimizer state, gets a gradient of zero, and drifts under weight decay alone. The
    normalisation has a bias of its own (Ioffe and Szegedy, "Batch normalization", 2015, section 3.2). Trained weights
    that have such a bias, as torchvision's VGG with batch normalisation, need it in order to load. A frozen
    normalisation keeps its statistics, so that a bias before it counts; that is not told of.
    """

    code: ClassVar = LintCode("NS2001", "a bias before a normalisation")
    name: ClassVar = "bias-before-norm"
    bad: ClassVar = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3}
  - batch_norm
  - relu
"""
    good: ClassVar = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, bias: false}
  - batch_norm
  - relu
"""

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            if node.reuses or not _adds_bias(node) or "bias" in node.ties:
                continue
            readers = [network.only_reader(call) for call in network.calls(node)]
            if all(reader is not None and _takes_the_mean(reader) for reader in readers):
                norm = readers[0].path if readers[0] else ""
                scalars = node.weights["bias"].numel
                yield Finding(
                    node,
                    f"`{norm}` takes away the bias that `{node.path}` adds",
                    found=f"a bias of {scalars:,} scalars before `{norm}`",
                    expected="`bias: false`",
                    help=f"`bias: false` computes the same with {scalars:,} parameters less",
                )


def _takes_the_mean(node: Node) -> bool:
    """Whether a layer takes away the mean of what it reads; a frozen batch norm takes that of other images."""
    return node.layer.op in NORMS and not node.frozen


def _adds_bias(node: Node) -> bool:
    """Whether a layer ends in adding one number to each channel."""
    if node.activation is not None or "bias" not in node.weights:
        return False
    if node.layer.op == "linear":
        return len(node.input_shapes[0]) == 1  # of a sequence, the normalised axis is another one
    return node.layer.op in ("conv", "conv_transpose") and node.weights["bias"].shape == node.output_shapes[0][:1]

"""The lint NS2012: outputs that the loss does not expect."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.traits import ANYTHING, within
from netspec.lints.base import Finding, Lint, Network, last

SHARE = (0.0, 1.0)


class UnexpectedOutput(Lint):
    """A loss gives the network's outputs their meaning, and these outputs cannot have it.

    A loss that takes the softmax or the sigmoid itself expects logits, which are any numbers. `bce_with_logits` turns
    outputs between 0 and 1 into probabilities from 0.5 to 0.73: it can tell no zero. `nll` expects logarithms of
    probabilities, as `log_softmax` gives them: with the outputs of a linear layer it falls without end and nothing is
    learned, and numbers that are never below 0 are no logarithms of probabilities.
    """

    code = LintCode("NS2012", "outputs that the loss does not expect")
    name = "unexpected-output"
    bad = """\
input: [1, 28, 28]
layers:
  - flatten
  - {linear: 10}
  - sigmoid
train: {data: mnist, loss: bce_with_logits, optimizer: {sgd: 0.1}, epochs: 1}
"""
    mend = ("  - sigmoid\n", "")

    def check(self, network: Network) -> Iterator[Finding]:
        for name, value in {**network.graph.outputs, **network.graph.side_outputs}.items():
            node, loss = network.computed_by(value), network.loss_of(name)
            if loss is None or loss.expects == "any numbers":
                continue
            if node is None or (last(node).gives_probabilities and loss.key in ("cross_entropy", "nll")):
                continue  # the latter is another lint
            low, _ = network.bounds[node.key]
            if loss.expects == "logits" and within(network.bounds[node.key], SHARE):
                found, expected = "outputs between 0 and 1", "logits, which are any numbers"
                way = f"leave out the `{last(node).op}`" if _squashes(node) else "end in a linear map"
                help = f"{way}: the loss takes the softmax or the sigmoid itself"
            elif loss.expects == "log-probabilities" and (low >= 0 or last(node).weight_layer):
                found = "outputs that are never below 0" if low >= 0 else "any numbers"
                expected = "logarithms of probabilities"
                help = "end in `log_softmax`, or take the loss `cross_entropy`, which expects logits"
            else:
                continue
            yield Finding(
                node,
                f"`{loss.key}` expects other outputs than `{node.path}` gives",
                found=found,
                expected=expected,
                help=help,
            )


def _squashes(node: Node) -> bool:
    """Whether the last operation alone gives numbers between 0 and 1, for any input."""
    shapes = node.output_shapes[:1] if node.activation else node.input_shapes
    return within(last(node).bounds(shapes, (ANYTHING,) * len(shapes)), SHARE)

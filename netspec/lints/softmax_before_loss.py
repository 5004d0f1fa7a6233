"""The lint NS2002: a softmax before a loss that has its own."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.lints.base import Finding, Lint, Network, last


class SoftmaxBeforeLoss(Lint):
    """`cross_entropy` takes the logarithm of a softmax itself: it expects logits, and `nll` their `log_softmax`.

    After a second softmax, scores lie between 0 and 1, the loss can fall no lower than log(1 + (n - 1)/e) for n
    classes, 1.46 for ten, and gradients are small where the network is most wrong. The network learns slowly, and no
    error tells why. The class with the largest logit has the largest probability: evaluation needs no softmax.
    """

    code = LintCode("NS2002", "a softmax before a loss that has its own")
    name = "softmax-before-cross-entropy"
    bad = """\
input: [1, 28, 28]
layers:
  - flatten
  - {linear: 10}
  - softmax
train: {data: mnist, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1}
"""
    mend = ("  - softmax\n", "")

    def check(self, network: Network) -> Iterator[Finding]:
        for name, value in {**network.graph.outputs, **network.graph.side_outputs}.items():
            node, given = network.computed_by(value), network.loss_of(name)
            loss = given.key if given else None
            expected = "logits" if loss == "cross_entropy" else "a `log_softmax`"
            if loss in ("cross_entropy", "nll") and node is not None and last(node).gives_probabilities:
                fix = "leave it out" if loss == "cross_entropy" else "make it `log_softmax`"
                yield Finding(
                    node,
                    f"the network ends in a {last(node).op}, and `{loss}` expects {expected}",
                    found=f"`{node.path}`, and `loss: {loss}` in the recipe",
                    expected=expected,
                    help=f"{fix}: the largest logit has the largest probability",
                )

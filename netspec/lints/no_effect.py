"""The lint NS2010: a layer without effect."""

from collections.abc import Iterator
from math import inf

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.traits import Bounds, within
from netspec.lints.base import Finding, Lint, Network


class NoEffect(Lint):
    """A layer returns its input: a `relu` of numbers that are never below 0, or the same normalisation again.

    Mostly two pieces were put together that each bring an activation, or another activation was meant.
    """

    code = LintCode("NS2010", "a layer without effect")
    name = "no-effect"
    bad = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, activation: relu}
  - {max_pool: 2}
  - relu
"""
    mend = ("  - relu\n", "")

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            reason = _reason(network, node)
            if reason:
                yield Finding(
                    node,
                    f"`{node.path}` gives what it gets",
                    found=reason,
                    expected="a layer that changes something",
                    help="leave it out",
                )


def _reason(network: Network, node: Node) -> str | None:
    """The reason why a layer changes nothing; None where it does, and where it changes the shape alone."""
    if len(node.inputs) != 1 or node.layer.rearranges:
        return None
    (given,), unchanged = network.flowing_in(node), node.layer.unchanged(node.input_shapes)
    if unchanged is not None and within(given, unchanged):
        return f"a `{node.layer.op}` of {_spelt(unchanged)}"
    before = network.before(node.inputs[0])
    if before is None or not node.layer.idempotent or before.layer != node.layer:
        return None
    bare = before.activation is None and not before.ties and not before.frozen and not node.frozen
    return f"`{node.layer.op}` after `{before.path}`, which is the same" if bare else None


def _spelt(bounds: Bounds) -> str:
    """The range between two numbers, in words."""
    low, high = bounds
    if low == -inf:
        return "one element" if high == inf else f"what is never above {high:g}"
    return f"what is never below {low:g}" if high == inf else f"what lies between {low:g} and {high:g}"

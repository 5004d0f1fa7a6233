"""NS2010."""

from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.base import Window
from netspec.lints.base import Finding, Lint
from netspec.lints.network import Network, last_op

POSITIVE = ("relu", "relu6", "sigmoid", "hardsigmoid", "softmax", "softmin", "softplus")
"""Activations that give nothing below 0."""
KEEPING = (
    *("identity", "flatten", "unflatten", "reshape", "permute", "select", "split", "chunk", "roll", "channel_shuffle"),
    *("max_pool", "min_pool", "avg_pool", "sum_pool", "adaptive_avg_pool", "adaptive_max_pool", "mean"),
    *("global_avg_pool", "global_max_pool", "global_min_pool", "global_sum_pool"),
    *("add", "multiply", "concat", "dropout", "spatial_dropout"),
)
"""Layers that give nothing below 0 where nothing below 0 flows in."""


class NoEffect(Lint):
    """The layer gives what it gets: a `relu` where nothing is below 0, or the same normalisation a second time.

    Mostly two pieces were put together that each bring an activation, or an activation was meant that is another one.
    """

    code: ClassVar = LintCode("NS2010", "a layer without effect")
    name: ClassVar = "no-effect"
    bad: ClassVar = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, activation: relu}
  - {max_pool: 2}
  - relu
"""
    good: ClassVar = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, activation: relu}
  - {max_pool: 2}
"""

    def check(self, network: Network) -> Iterator[Finding]:
        positive: set[str] = set()
        for key, node in network.graph.nodes.items():
            flows = bool(node.inputs) and all(value.key in positive for value in node.inputs)
            if last_op(node) in POSITIVE or (flows and node.activation is None and node.layer.op in KEEPING):
                positive.add(key)
            reason = _reason(network, node, flows)
            if reason:
                yield Finding(
                    node,
                    f"`{node.path}` gives what it gets",
                    found=reason,
                    expected="a layer that changes something",
                    help="leave it out",
                )


def _reason(network: Network, node: Node, positive: bool) -> str | None:
    if node.layer.op == "relu" and positive:
        return "a `relu` of what is never below 0"
    before = network.before(node.inputs[0]) if len(node.inputs) == 1 else None
    again = before is not None and before.activation is None and before.layer == node.layer and not before.ties
    if before is not None and again and node.layer.op in ("relu6", "hardtanh", "batch_norm"):
        return f"`{node.layer.op}` after `{before.path}`, which is the same"
    if node.layer.op in ("max_pool", "avg_pool") and node.input_shapes == node.output_shapes:
        window = node.layer.receptive_field(node.input_shapes)
        if isinstance(window, Window) and set(window.kernel) == {1}:
            return "a pooling of one element"
    return None

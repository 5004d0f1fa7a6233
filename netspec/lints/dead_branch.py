"""NS2003."""

from collections.abc import Iterator
from typing import ClassVar

from netspec.analysis.tally import total
from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.lints.base import Finding, Lint
from netspec.lints.network import Network
from netspec.shape import product

PIECES = ("split", "chunk")
"""Layers whose results are parts of what they read. Of an `lstm`, say, nobody need read the last state."""


class DeadBranch(Lint):
    """What a branch computes cannot matter where its end is the same whatever flows in, or where nobody reads it.

    A softmax over one element is always 1, and a normalisation over one element always its bias; dropping everything
    leaves zeros in training, and so does multiplying with a parameter that is zero and frozen. What stands before gets
    no gradient. Of a `split`, a piece that nobody reads was computed for nothing. Mostly an axis is meant that is
    another one, or a size became 1 on the way.
    """

    code: ClassVar = LintCode("NS2003", "a branch whose result cannot matter")
    name: ClassVar = "dead-branch"
    bad: ClassVar = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, padding: 1, name: features}
  - {conv: 1, kernel: 1}
  - {softmax: 0, name: attention}
  - {multiply: [features, attention]}
"""
    good: ClassVar = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, padding: 1, name: features}
  - {conv: 1, kernel: 1}
  - {sigmoid, name: attention}
  - {multiply: [features, attention]}
"""

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            reason = _constant(network, node)
            if reason is not None:
                dead = _only_through(network, node)
                params = total(network.analysis.weights.nodes[key].params for key in dead)
                layers = "1 layer" if len(dead) == 1 else f"{len(dead)} layers"
                yield Finding(
                    node,
                    f"`{node.path}` gives the same whatever flows in",
                    found=reason,
                    expected="a result that depends on the input",
                    help=f"mend it, or leave out the {layers} that matter to nothing else ({params or 0:,} parameters)",
                )
            if node.layer.op in PIECES:
                yield from _unread(network, node)


def _constant(network: Network, node: Node) -> str | None:
    """Why a layer's result is a constant, or None."""
    layer, shape = node.layer, node.input_shapes[0] if node.inputs else ()
    if layer.op in ("softmax", "softmin") and shape:
        axis = getattr(layer, "axis", None) or 0
        return "a softmax over an axis of size 1" if shape[axis] == 1 and product(shape) > 0 else None
    if layer.op in ("layer_norm", "group_norm", "instance_norm", "channel_layer_norm"):
        return "a normalisation over one element" if _normalised(node) == 1 else None
    if layer.op in ("dropout", "spatial_dropout", "stochastic_depth") and getattr(layer, "p", 0) == 1:
        return "`p: 1` drops everything in training"
    if layer.op == "multiply" and any(_is_zero(network.before(value)) for value in node.inputs):
        return "a product with a parameter that is zero and frozen"
    return None


def _normalised(node: Node) -> int:
    """Elements that share a mean."""
    shape = node.input_shapes[0]
    if node.layer.op == "layer_norm":
        weight = node.weights.get("weight")
        return product(weight.shape) if weight else 0
    if node.layer.op == "channel_layer_norm":
        return shape[0]
    if node.layer.op == "instance_norm":
        return product(shape[1:])
    return product(shape) // int(getattr(node.layer, "groups", 1))


def _is_zero(node: Node | None) -> bool:
    if node is None or node.layer.op != "parameter" or not node.frozen:
        return False
    return all(each.function == "zeros" for each in node.initialisers.values())


def _only_through(network: Network, end: Node) -> list[str]:
    """The layer and all before it that reach no result of the network but through it."""
    alive = {key for key, _ in network.results} - {end.key}
    for key in reversed(list(network.graph.nodes)):
        if key in alive:
            alive |= {value.key for value in network.graph.nodes[key].inputs} - {end.key}
    reaching = {end.key}
    for key in reversed(list(network.graph.nodes)):
        if key in reaching:
            reaching |= {value.key for value in network.graph.nodes[key].inputs}
    return [key for key in network.graph.nodes if key in reaching and key not in alive]


def _unread(network: Network, node: Node) -> Iterator[Finding]:
    read = {
        value.index for reader in network.readers.get(node.key, ()) for value in reader.inputs if value.key == node.key
    }
    read |= {index for key, index in network.results if key == node.key}
    missing = [index for index in range(len(node.outputs)) if index not in read]
    if missing:
        pieces = ", ".join(str(index + 1) for index in missing)
        yield Finding(
            node,
            f"nobody reads {'a piece' if len(missing) == 1 else f'{len(missing)} pieces'} of `{node.path}`",
            found=f"piece {pieces} of {len(node.outputs)} unread",
            expected="every piece read",
            help="compute what is read alone, or take the others with `from`",
        )

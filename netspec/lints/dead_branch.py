"""The lint NS2003: a branch whose result cannot matter."""

from collections.abc import Iterator

from netspec.analysis.unknown_sums import total
from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.lints.base import Finding, Lint, Network

_COUNTED = 100
"""The most entries whose needless layers are counted; each count goes through the whole network."""

_UNCOUNTED = "the layers that matter to nothing else"


class DeadBranch(Lint):
    """A branch is computed in vain where its end is the same for every input, or where nothing reads it.

    A softmax over one element is always 1, and a normalisation over one element is always its bias; dropping everything
    leaves zeros in training, and so does a product with a parameter that is zero and frozen, or a `relu` of numbers
    that are never above 0, such as those of a `log_softmax`. The layers before such an end get no gradient. A piece of
    a `split` that nothing reads was computed for nothing, unless only one piece is read: then it is a slice. Mostly
    another axis is meant, or a size became 1 on the way.
    """

    code = LintCode("NS2003", "a branch whose result cannot matter")
    name = "dead-branch"
    bad = """\
input: [3, 32, 32]
layers:
  - {conv: 16, kernel: 3, padding: 1, name: features}
  - {conv: 1, kernel: 1}
  - {softmax: 0, name: attention}
  - {multiply: [features, attention]}
"""
    mend = ("softmax: 0", "sigmoid")

    def check(self, network: Network) -> Iterator[Finding]:
        told = 0
        for node in network.graph.nodes.values():
            reason = _constant(network, node)
            if reason is not None:
                told += 1
                yield Finding(
                    node,
                    f"`{node.path}` gives the same whatever flows in",
                    found=reason,
                    expected="a result that depends on the input",
                    help=f"mend it, or leave out {_saved(network, node) if told <= _COUNTED else _UNCOUNTED}",
                )
            if node.layer.rearranges and len(node.outputs) > 1:
                yield from _unread(network, node)


def _saved(network: Network, end: Node) -> str:
    """The layers that are needless together with an entry, counted."""
    dead = _only_through(network, end)
    params = total(network.analysis.weights.nodes[key].params for key in dead)
    layers = "1 layer" if len(dead) == 1 else f"{len(dead)} layers"
    return f"the {layers} that matter to nothing else ({params or 0:,} parameters)"


def _constant(network: Network, node: Node) -> str | None:
    """The reason why the result of an entry is a constant, or None."""
    reason = node.layer.why_constant(node.input_shapes) if node.inputs else None
    if reason is None and node.activation is not None:
        reason = node.activation.why_constant(node.output_shapes[:1])
    if reason is not None:
        return reason
    low, high = network.bounds[node.key]
    varies = any(least != most for least, most in network.flowing_in(node))
    return f"{low:g} is all that it can give, with what flows in" if varies and low == high else None


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
    if missing and not (node.layer.slices and len(read) == 1):
        pieces = ", ".join(str(index + 1) for index in missing)
        yield Finding(
            node,
            f"nobody reads {'a piece' if len(missing) == 1 else f'{len(missing)} pieces'} of `{node.path}`",
            found=f"piece {pieces} of {len(node.outputs)} unread",
            expected="every piece read",
            help="compute what is read alone, or take the others with `from`",
        )

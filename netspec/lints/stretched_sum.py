"""The lint NS2016: a sum that stretches one channel over all."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node, Value
from netspec.layers.base import Window
from netspec.lints.base import Finding, Lint, Network
from netspec.shape import Shape, product, spell

_STEPS = 64
"""The most layers between a shortcut and its sum that are searched: residual bodies are shorter."""


class StretchedSum(Lint):
    """A sum adds the only channel of one map to every channel of another.

    Torch stretches an axis of size 1, so that a shortcut around the first convolutions of a grayscale image passes in
    silence, and so does one whose projection has the wrong width. The lint warns where the narrow map is what the other
    was made of, or comes from a convolution; a mask or a bias that is added to scores is left alone.
    """

    code = LintCode("NS2016", "a sum that stretches one channel over all")
    name = "stretched-sum"
    bad = """\
input: [1, 28, 28]
layers:
  - residual:
      - {conv: 16, kernel: 3, padding: 1}
  - relu
"""
    mend = ("padding: 1}\n", "padding: 1}\n    shortcut: [{conv: 16, kernel: 1}]\n")

    def check(self, network: Network) -> Iterator[Finding]:
        for node in network.graph.nodes.values():
            if not node.layer.sums:
                continue
            whole = node.output_shapes[0]
            for value, shape in zip(node.inputs, node.input_shapes, strict=True):
                if _is_stretched(shape, whole) and _is_a_map(network, node, value):
                    yield Finding(
                        node,
                        f"`{node.path}` adds one channel to each of {whole[0]}",
                        found=" and ".join(spell(each) for each in node.input_shapes),
                        expected=f"inputs of {spell(whole)}",
                        help=f"`{{conv: {whole[0]}, kernel: 1}}` makes {spell(shape)} as wide",
                    )
                    break


def _is_stretched(shape: Shape, whole: Shape) -> bool:
    """Whether the channels of a map are stretched, and no other axis."""
    one = type(shape[0]) is int and shape[0] == 1 if shape else False
    return one and whole[0] != 1 and shape[1:] == whole[1:] and product(shape[1:]) != 1


def _is_a_map(network: Network, node: Node, value: Value) -> bool:
    """Whether a tensor comes from a convolution, or is what another input of the sum was made of."""
    source = network.before(value)
    for _ in range(_STEPS):
        if source is None or len(source.inputs) != 1:
            break
        field = source.layer.receptive_field(source.input_shapes)
        if isinstance(field, Window) and field.channels == "all" and source.weights:
            return True
        source = network.before(source.inputs[0])
    return any(_is_made_of(network, other, value) for other in node.inputs if other != value)


def _is_made_of(network: Network, value: Value, origin: Value) -> bool:
    """Whether a tensor depends on another, a few layers before it."""
    seen, ahead = {value}, [value]
    while ahead and len(seen) <= _STEPS:
        before = network.before(ahead.pop())
        for each in before.inputs if before else ():
            if each == origin:
                return True
            if each not in seen:
                seen.add(each)
                ahead.append(each)
    return False

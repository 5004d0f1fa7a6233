"""The lint NS2020: a linear layer over the rows of an image."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.base import Window
from netspec.lints.base import Finding, Lint, Network
from netspec.shape import product, spell

CLASSES = ("classes", "num_classes", "n_classes")
"""Names of params that give the number of classes."""


class ForgottenFlatten(Lint):
    """A `linear` layer maps the last axis: each row of an image by itself, each channel of a sequence.

    A network that tells classes flattens the result of its convolutions and pools first, or averages it, so that the
    layer sees all of it. Without that, the network gives an answer for each row of each channel, and training fails
    once the data are read. The lint warns where classes are meant, by the recipe's loss or by a param `classes`, and
    where a spec without a recipe ends with such a layer over an image, as a classifier does. It is silent where a layer
    between the windows and the linear layers lays the axes out anew, as for tokens.
    """

    code = LintCode("NS2020", "a linear layer over the rows of an image")
    name = "forgotten-flatten"
    bad = """\
input: [1, 28, 28]
layers:
  - {conv: 6, kernel: 5, activation: relu}
  - {max_pool: 2}
  - {linear: 10}
train: {data: {folder: digits}, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1}
"""
    mend = ("  - {linear: 10}", "  - flatten\n  - {linear: 10}")

    def check(self, network: Network) -> Iterator[Finding]:
        for name, value in network.graph.outputs.items():
            told = _tells_classes(network, name)
            if told is False:
                continue
            node = _first_over_rows(network, network.before(value))
            if node is None or len(value.shape) < 2:
                continue
            (shape,) = node.input_shapes
            if told is None and len(shape) != 3:
                continue  # a sequence may well be mapped along its last axis
            averaged = f", or `global_avg_pool` and `flatten`: {shape[0]:,} features" if len(shape) > 2 else ""
            yield Finding(
                node,
                f"`{node.path}` maps the last axis alone, and the network gives an answer for each row",
                found=f"an output {spell(value.shape)} from an input {spell(shape)}",
                expected=f"an output for each class: [{value.shape[-1]}]",
                help=f"`flatten` before `{node.path}`: {product(shape):,} features{averaged}",
            )


def remedy(network: Network) -> str | None:
    """The change that makes the outputs answers for each image; None where the lint finds nothing."""
    return next((each.help for each in ForgottenFlatten().check(network)), None)


def _tells_classes(network: Network, output: str) -> bool | None:
    """Whether an output is to tell one class for each example; None where neither a recipe nor a param shows it."""
    document, recipe = network.document, network.recipe
    if recipe is not None:
        aims = recipe.for_outputs()
        loss, task = aims.get(output) or aims.get("") or (None, None)
        of_classes = loss is not None and loss.takes_classes() and not loss.takes_values()
        return of_classes and (task is None or task.key == "classification")
    return True if document and any(name in document.params for name in CLASSES) else None


def _first_over_rows(network: Network, node: Node | None) -> Node | None:
    """The first of the final linear maps that follows windows or an image itself; None for all others."""
    first = shape = None
    while node is not None and len(node.inputs) == 1:
        (shape,) = node.input_shapes
        field = node.layer.receptive_field(node.input_shapes)
        if len(shape) > 1 and node.layer.matrix_axis(node.input_shapes) == len(shape) - 1:
            first = node
        elif isinstance(field, Window) and any(size > 1 for size in field.kernel):
            return first
        elif node.layer.rearranges or node.output_shapes != node.input_shapes:
            return None
        node = network.before(node.inputs[0])
    return first if node is None and shape is not None and len(shape) > 2 else None

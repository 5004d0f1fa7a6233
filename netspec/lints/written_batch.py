"""The lint NS2015: an image written with its batch."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.graph import Node
from netspec.layers.base import Window
from netspec.lints.base import Finding, Lint, Network
from netspec.shape import IMAGE_CHANNELS, Shape, spell, without_batch


class WrittenBatch(Lint):
    """An image is written with its batch, so that windows slide over three axes, one of which is its colours.

    Shapes are written without the batch, which is always there: `[1, 3, 64, 64]` is one channel of 3 x 64 x 64 voxels,
    and a convolution of it is torch's `Conv3d`. Nothing fails, but kernels have a third axis, with as many times the
    parameters. Networks that give an option for each of three axes, as `kernel: [1, 3, 3]`, are meant so and are not
    reported.
    """

    code = LintCode("NS2015", "an image is written with its batch")
    name = "written-batch"
    bad = """\
input: [1, 3, 64, 64]
layers:
  - {conv: 16, kernel: 3, padding: 1}
  - relu
  - {conv: 8, kernel: 3, padding: 1}
"""
    mend = ("[1, 3, 64, 64]", "[3, 64, 64]")

    def check(self, network: Network) -> Iterator[Finding]:
        nodes = network.graph.nodes.values()
        sliding = next((node for node in nodes if _slides_in_volumes(node)), None)
        if sliding is None or any(map(_is_told_for_volumes, nodes)):
            return
        for name, given in network.graph.inputs.items():
            meant = _meant(given.shape)
            if meant is not None:
                channels, *axes = given.shape
                yield Finding(
                    None,
                    f"`{name}` looks like an image with its batch, and `{sliding.path}` slides over three axes",
                    found=f"{spell(given.shape)}, which is {channels} channel{'s' if channels > 1 else ''} of "
                    f"{'x'.join(map(str, axes))} voxels",
                    expected="a shape without the batch",
                    help=f"`{name}: {meant}`" if name == "input" else f"`{meant}` for `{name}`",
                    span=given.span,
                )


def _meant(shape: Shape) -> list[int] | None:
    """The image that a shape with a batch means; None where its first axis may as well be a volume's channels."""
    meant = without_batch(shape)
    if meant is None or (shape[0] != 1 and shape[0] in IMAGE_CHANNELS):
        return None
    return meant if shape[0] == 1 or shape[1] in IMAGE_CHANNELS[:2] else None


def _slides_in_volumes(node: Node) -> bool:
    """Whether its window reaches along three axes."""
    window = node.layer.receptive_field(node.input_shapes) if node.inputs else None
    return isinstance(window, Window) and len(window.kernel) == 3 and not window.is_pointwise


def _is_told_for_volumes(node: Node) -> bool:
    """Whether one of its options gives something for each of three spatial axes."""
    if not node.inputs or len(node.input_shapes[0]) != 4:
        return False
    values = (getattr(node.layer, field) for field in type(node.layer).model_fields)
    return any(isinstance(value, tuple) and len(value) == 3 for value in values)

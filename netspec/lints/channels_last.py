"""The lint NS2014: an image with its channels last."""

from collections.abc import Iterator

from netspec.diagnostics.codes import LintCode
from netspec.layers.base import Window
from netspec.lints.base import Finding, Lint, Network
from netspec.shape import channels_first, spell


class ChannelsLast(Lint):
    """An image is written with its channels last, as Keras has it, so that windows slide over the wrong axes.

    Shapes are channels first, as in torch: a convolution sees `[64, 64, 3]` as 64 channels of 64 x 3 pixels, and
    nothing fails until a window no longer fits. The data need no change: images are read channels first.
    """

    code = LintCode("NS2014", "an image's channels stand last")
    name = "channels-last"
    bad = """\
input: [64, 64, 3]
layers:
  - {conv: 16, kernel: 3, padding: 1}
  - relu
  - {conv: 8, kernel: 3, padding: 1}
"""
    mend = ("[64, 64, 3]", "[3, 64, 64]")

    def check(self, network: Network) -> Iterator[Finding]:
        for name, given in network.graph.inputs.items():
            meant = channels_first(given.shape)
            if meant is None:
                continue
            for node in network.readers.get(name, ()):
                window = node.layer.receptive_field(node.input_shapes)
                if isinstance(window, Window) and not window.is_pointwise:
                    height, width, channels = given.shape
                    yield Finding(
                        node,
                        f"`{node.path}` reads an image whose channels stand last",
                        found=f"{spell(given.shape)}, which is {height} channels of {width}x{channels} pixels",
                        expected="the channels first",
                        help=f"`{name}: {list(meant)}`" if name == "input" else f"`{list(meant)}` for `{name}`",
                    )
                    break

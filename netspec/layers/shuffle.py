"""Layers that exchange channels and places."""

from typing import ClassVar

from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, Window, refuse
from netspec.layers.checks import at_least, divides
from netspec.layers.ranks import CHANNELS_AND_SPACE, IMAGE
from netspec.layers.reach import LONGEST_PERIOD, Along, Mixed, Reach
from netspec.layers.remembers import copied


class PixelShuffle(Weightless):
    """Rearranges channels into space: ``[C r^2, H, W]`` to ``[C, H r, W r]``; torch.nn.PixelShuffle.

    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel CNN", 2016.
    """

    op: ClassVar = "pixel_shuffle"
    rearranges: ClassVar = True
    main: ClassVar = "upscale_factor"
    target: ClassVar = "torch.nn.PixelShuffle"
    arguments: ClassVar = ("upscale_factor",)
    ranks: ClassVar = IMAGE
    examples: ClassVar = (Example({"upscale_factor": 2}, ((8, 3, 4),)),)
    record = copied

    upscale_factor: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses channels that the factor's square does not divide."""
        channels, height, width = self.ranked(inputs)[0]
        factor = self.upscale_factor
        at_least("upscale_factor", factor, 1)
        if channels % (factor * factor) != 0:
            refuse(
                Code.GROUPS_DO_NOT_DIVIDE,
                f"{factor} x {factor} does not divide {channels} channels",
                option="upscale_factor",
                found=f"{channels} channels",
                expected=f"a multiple of {factor * factor}",
                help=f"let the layer before give {(channels // (factor * factor) + 1) * factor * factor} channels",
            )
        return ((channels // (factor * factor), height * factor, width * factor),)

    def receptive_field(self, inputs: Shapes) -> Reach | None:
        """One position, which becomes a tile of the factor's size."""
        if self.upscale_factor > LONGEST_PERIOD:
            return None
        tile = ((0, 0),) * self.upscale_factor
        return Reach((Mixed((0,)), Along(1, 1, tile), Along(2, 1, tile)))


class PixelUnshuffle(Weightless):
    """Rearranges space into channels: ``[C, H r, W r]`` to ``[C r^2, H, W]``; torch.nn.PixelUnshuffle."""

    op: ClassVar = "pixel_unshuffle"
    rearranges: ClassVar = True
    main: ClassVar = "downscale_factor"
    target: ClassVar = "torch.nn.PixelUnshuffle"
    arguments: ClassVar = ("downscale_factor",)
    ranks: ClassVar = IMAGE
    examples: ClassVar = (Example({"downscale_factor": 2}, ((3, 4, 6),)),)
    record = copied

    downscale_factor: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses sizes that the factor does not divide."""
        channels, height, width = self.ranked(inputs)[0]
        factor = self.downscale_factor
        at_least("downscale_factor", factor, 1)
        for size, name in ((height, "height"), (width, "width")):
            if size % factor != 0:
                refuse(
                    Code.GROUPS_DO_NOT_DIVIDE,
                    f"{factor} does not divide the {name} of {size}",
                    option="downscale_factor",
                    found=f"{size} = {factor} x {size // factor} + {size % factor}",
                    expected=f"a divisor of {height} and {width}",
                    help=f"`pad` by {factor - size % factor} makes it {size + factor - size % factor}",
                )
        return ((channels * factor * factor, height // factor, width // factor),)

    def receptive_field(self, inputs: Shapes) -> Window:
        """A tile of the factor's size."""
        factor = self.downscale_factor
        return Window((factor, factor), (factor, factor), (0, 0))


class ChannelShuffle(Weightless):
    """Interleaves `groups` groups of channels; torch.nn.ChannelShuffle. Input and output ``[C, *S]``.

    Zhang et al., "ShuffleNet", 2018.
    """

    op: ClassVar = "channel_shuffle"
    rearranges: ClassVar = True
    main: ClassVar = "groups"
    target: ClassVar = "torch.nn.ChannelShuffle"
    arguments: ClassVar = ("groups",)
    ranks: ClassVar = CHANNELS_AND_SPACE
    examples: ClassVar = (Example({"groups": 2}, ((6, 4, 4),)), Example({"groups": 3}, ((6, 4),)))
    samples: ClassVar = {"groups": (1, 2)}
    record = copied

    groups: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses groups that do not divide the channels."""
        divides("groups", self.groups, self.ranked(inputs)[0][0], "channels")
        return inputs

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One position; the channels change places."""
        return Reach((Mixed((0,)), *(Along(axis) for axis in range(1, len(inputs[0])))))

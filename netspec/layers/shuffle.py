"""Layers that exchange axes, channels and places."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, Window, refuse
from netspec.layers.checks import at_least, axis_of, divides
from netspec.layers.ranks import CHANNELS_AND_SPACE, IMAGE
from netspec.layers.reach import LONGEST_PERIOD, Along, Mixed, Reach
from netspec.layers.remembers import copied
from netspec.program import Call
from netspec.shape import batched, spell


class Permute(Weightless):
    """Reorders the axes: axis `i` of the output is axis ``axes[i]`` of the input (torch.permute, the batch kept)."""

    op: ClassVar = "permute"
    target: ClassVar = "netspec.nn.Permute"
    main: ClassVar = "axes"
    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    examples: ClassVar = (Example({"axes": (1, 2, 0)}, ((3, 4, 5),)), Example({"axes": (-1, 0)}, ((3, 4),)))
    samples: ClassVar = {
        "axes": ((0,), (1, 0), (-1, 0), (0, 1), (1, 2, 0), (2, 1, 0), (0, -1, 1), (3, 0, 1, 2), (0, 0), (0, -2), (0, 2))
    }

    axes: tuple[int, ...]

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses axes that do not name each one once."""
        shape, rank = inputs[0], len(inputs[0])
        axes = tuple(axis_of("axes", axis, shape) for axis in self.axes)
        if sorted(axes) != list(range(rank)):
            refuse(
                Code.BAD_AXIS,
                f"`axes` must name each of the {rank} axes once",
                option="axes",
                found=spell(tuple(self.axes)),
                expected=f"an order of {spell(tuple(range(rank)))}",
            )
        return (tuple(shape[axis] for axis in axes),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One element; the axes change places."""
        return Reach(tuple(Along(axis_of("axes", axis, inputs[0])) for axis in self.axes))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view."""
        (x,) = inputs
        axes = (axis_of("axes", axis, x.shape[1:]) for axis in self.axes)
        return (tape.permute(x, (0, *(axis + 1 for axis in axes))),)

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own: torch has none."""
        return Call(self.target, ((0, *(batched(axis) for axis in self.axes)),))


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

"""Layers that enlarge images."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, Window, refuse
from netspec.layers.checks import AXIS_NAMES, at_least, divides, sizes, spatial, unset
from netspec.program import Call
from netspec.shape import Shape, Size, spell

HELP = "`reshape` makes an image of a vector"

AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


class Upsample(Layer):
    """Interpolates the spatial axes, by a factor or to a size, as torch.nn.Upsample.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor(S scale_factor)`` or ``size``. `linear`, `bilinear` and
    `trilinear` are for one, two and three spatial axes, `bicubic` for two.
    """

    op: ClassVar = "upsample"
    main: ClassVar = "scale_factor"
    examples: ClassVar = (
        Example({"scale_factor": 2}, ((6, 4, 4),)),
        Example({"size": (7, 9), "mode": "bilinear", "align_corners": True}, ((6, 4, 4),)),
        Example({"scale_factor": 1.5, "mode": "linear"}, ((3, 5),)),
        Example({"scale_factor": (1, 2, 2), "mode": "trilinear"}, ((2, 3, 4, 4),)),
        Example({"scale_factor": 2, "mode": "bicubic"}, ((2, 3, 3),)),
    )
    samples: ClassVar = {"scale_factor": (2, 1.5, 0.4, (2, 3), (1.5, 2)), "size": (5, (3, 4))}

    scale_factor: int | float | tuple[int | float, ...] | None = None
    size: Size | None = None
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"] = "nearest"
    align_corners: bool | None = None

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a mode for another rank, and both or neither of size and factor."""
        size = spatial(self.op, inputs[0], HELP)
        axes = len(size)
        if AXES.get(self.mode, axes) != axes:
            refuse(
                Code.BAD_OPTION,
                f"`mode: {self.mode}` is for {AXES[self.mode]} spatial {'axis' if AXES[self.mode] == 1 else 'axes'}",
                option="mode",
                found=f"{spell(inputs[0])}, {axes} spatial {'axis' if axes == 1 else 'axes'}",
                expected=f"`{LINEAR[axes]}`, `nearest` or `nearest-exact`",
                help=f"`mode: {LINEAR[axes]}` interpolates {spell(inputs[0])}",
            )
        if not unset(self.align_corners) and self.mode not in AXES:
            refuse(
                Code.BAD_OPTION,
                f"`align_corners` means nothing to `mode: {self.mode}`",
                option="align_corners",
                found=f"`mode: {self.mode}`",
                expected=f"`mode: {LINEAR[axes]}`, or no `align_corners`",
            )
        if unset(self.scale_factor) == unset(self.size):
            refuse(
                Code.MISSING_OPTION if unset(self.size) else Code.CONFLICTING_KEYS,
                "`upsample` takes a factor or a size" + ("" if unset(self.size) else ", not both"),
                option=None if unset(self.size) else "size",
                found="neither" if unset(self.size) else "both",
                expected="`scale_factor` or `size`",
                help="`{upsample: 2}` doubles each spatial axis",
            )
        return ((inputs[0][0], *self._sizes(size)),)

    def _sizes(self, size: Shape) -> Shape:
        axes = len(size)
        if not unset(self.size):
            return sizes("size", self.size, axes, 1)  # type: ignore[arg-type]
        scale = self.scale_factor
        factors = (scale,) * axes if isinstance(scale, (int, float)) else tuple(scale)  # type: ignore[arg-type]
        if len(factors) != axes:
            refuse(
                Code.BAD_OPTION,
                f"`scale_factor` has {len(factors)} factors, the input has {axes} spatial axes",
                option="scale_factor",
                found=f"{len(factors)} factors",
                expected=f"one number, or a list of {axes}",
            )
        found = tuple(_scaled(n, factor) for n, factor in zip(size, factors, strict=True))
        for axis, (n, new) in enumerate(zip(size, found, strict=True)):
            if new < 1:
                refuse(
                    Code.EMPTY_OUTPUT,
                    f"the {AXIS_NAMES[axes][axis]} of {n} scaled by {factors[axis]} is empty",
                    option="scale_factor",
                    found=f"floor({n} x {factors[axis]}) = {new}",
                    expected="at least 1",
                    help=f"a factor of at least {1 / n:.4g} keeps one element",
                )
        return found

    def receptive_field(self, inputs: Shapes) -> Window | None:
        """Undefined: neighbouring outputs see windows that do not move by whole input elements."""
        return None

    def emit(self, inputs: Shapes) -> Call:
        defaults = {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": None}
        return Call("torch.nn.Upsample", (), {name: getattr(self, name) for name in defaults}, defaults)


def _scaled(size: int, factor: float) -> int:
    if isinstance(factor, int):
        return size * factor
    # torch truncates the product of doubles (ATen/native/UpSample.h), which no integer arithmetic reproduces.
    return int(size * factor)


class PixelShuffle(Layer):
    """Rearranges channels into space: ``[C r^2, H, W]`` to ``[C, H r, W r]``; torch.nn.PixelShuffle.

    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel CNN", 2016.
    """

    op: ClassVar = "pixel_shuffle"
    main: ClassVar = "upscale_factor"
    examples: ClassVar = (Example({"upscale_factor": 2}, ((8, 3, 4),)),)

    upscale_factor: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses channels that the factor's square does not divide."""
        channels, height, width = _image(self.op, inputs[0])
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

    def receptive_field(self, inputs: Shapes) -> Window | None:
        """Undefined, as of `upsample`."""
        return None

    def emit(self, inputs: Shapes) -> Call:
        return Call("torch.nn.PixelShuffle", (self.upscale_factor,))


class PixelUnshuffle(Layer):
    """Rearranges space into channels: ``[C, H r, W r]`` to ``[C r^2, H, W]``; torch.nn.PixelUnshuffle."""

    op: ClassVar = "pixel_unshuffle"
    main: ClassVar = "downscale_factor"
    examples: ClassVar = (Example({"downscale_factor": 2}, ((3, 4, 6),)),)

    downscale_factor: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses sizes that the factor does not divide."""
        channels, height, width = _image(self.op, inputs[0])
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

    def emit(self, inputs: Shapes) -> Call:
        return Call("torch.nn.PixelUnshuffle", (self.downscale_factor,))


def _image(op: str, shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        refuse(
            Code.BAD_RANK,
            f"`{op}` takes an image",
            found=spell(shape),
            expected="[channels, height, width]",
            help=HELP if len(shape) < 3 else None,
        )
    return shape[0], shape[1], shape[2]


class ChannelShuffle(Layer):
    """Interleaves `groups` groups of channels; torch.nn.ChannelShuffle. Input and output ``[C, *S]``.

    Zhang et al., "ShuffleNet", 2018.
    """

    op: ClassVar = "channel_shuffle"
    main: ClassVar = "groups"
    examples: ClassVar = (Example({"groups": 2}, ((6, 4, 4),)), Example({"groups": 3}, ((6, 4),)))
    samples: ClassVar = {"groups": (1, 2)}

    groups: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses groups that do not divide the channels."""
        if len(inputs[0]) < 2:
            refuse(
                Code.BAD_RANK,
                "`channel_shuffle` takes channels and spatial axes",
                found=spell(inputs[0]),
                expected="[channels, *spatial]",
            )
        divides("groups", self.groups, inputs[0][0], "channels")
        return inputs

    def emit(self, inputs: Shapes) -> Call:
        return Call("torch.nn.ChannelShuffle", (self.groups,))

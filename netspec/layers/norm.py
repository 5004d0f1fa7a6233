"""Normalisation within one example."""

from __future__ import annotations

from typing import ClassVar

from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, Weight, Window, refuse
from netspec.layers.checks import at_least, axis_of, divides
from netspec.layers.reach import Reach, kept
from netspec.program import Call
from netspec.shape import Shape, spell


class _TrailingNorm(Layer):
    """Normalises the axes from `axis` to the last."""

    axis: int = -1
    elementwise_affine: bool = True

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis that the input lacks."""
        axis_of("axis", self.axis, inputs[0])
        return inputs

    def _normalized(self, inputs: Shapes) -> Shape:
        return inputs[0][axis_of("axis", self.axis, inputs[0]) :]

    def _shape_argument(self, inputs: Shapes) -> int | Shape:
        """The normalised shape as one writes it: a number for one axis."""
        shape = self._normalized(inputs)
        return shape[0] if len(shape) == 1 else shape

    def receptive_field(self, inputs: Shapes) -> Reach:
        """The normalised axes as a whole."""
        rank = len(inputs[0])
        return kept(rank, tuple(range(axis_of("axis", self.axis, inputs[0]), rank)))


class LayerNorm(_TrailingNorm):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the axes from `axis` to the last, as torch.nn.LayerNorm.

    Input and output of any shape; the weights have the normalised axes' shape (Ba, Kiros and Hinton, "Layer
    normalization", 2016). `axis: 0` normalises the whole example.
    """

    op: ClassVar = "layer_norm"
    examples: ClassVar = (
        Example({}, ((5, 16),)),
        Example({"axis": 0}, ((3, 4, 4),)),
        Example({"axis": -2, "elementwise_affine": False}, ((3, 4, 4),)),
        Example({"bias": False, "eps": 1e-6}, ((16,),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1), "eps": (1e-5, 1e-6)}

    eps: float = 1e-5
    bias: bool = True

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight`` and ``bias`` of the normalised shape."""
        if not self.elementwise_affine:
            return {}
        weight = Weight(self._normalized(inputs), fans=())
        return {"weight": weight, "bias": weight} if self.bias else {"weight": weight}

    def emit(self, inputs: Shapes) -> Call:
        defaults = {"eps": 1e-5, "elementwise_affine": True, "bias": True}
        options = {name: getattr(self, name) for name in defaults}
        return Call("torch.nn.LayerNorm", (self._shape_argument(inputs),), options, defaults)


class RmsNorm(_TrailingNorm):
    """``x / sqrt(mean(x^2) + eps) * weight`` over the axes from `axis` to the last, as torch.nn.RMSNorm.

    Input and output of any shape (Zhang and Sennrich, "Root mean square layer normalization", 2019). A null `eps` is
    the element type's machine epsilon.
    """

    op: ClassVar = "rms_norm"
    examples: ClassVar = (
        Example({}, ((5, 16),)),
        Example({"axis": 0, "eps": 1e-6}, ((3, 4, 4),)),
        Example({"elementwise_affine": False}, ((16,),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1), "eps": (1e-5, 1e-6)}

    eps: float | None = None

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight`` of the normalised shape."""
        return {"weight": Weight(self._normalized(inputs), fans=())} if self.elementwise_affine else {}

    def emit(self, inputs: Shapes) -> Call:
        options = {"eps": self.eps, "elementwise_affine": self.elementwise_affine}
        return Call(
            "torch.nn.RMSNorm", (self._shape_argument(inputs),), options, {"eps": None, "elementwise_affine": True}
        )


class GroupNorm(Layer):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over each of `groups` groups of channels, as torch.nn.GroupNorm.

    Input and output ``[C, *S]``; one weight and bias per channel (Wu and He, "Group normalization", 2018).
    """

    op: ClassVar = "group_norm"
    main: ClassVar = "groups"
    examples: ClassVar = (
        Example({"groups": 2}, ((6, 8, 8),)),
        Example({"groups": 1, "affine": False}, ((5, 7),)),
        Example({"groups": 4, "eps": 0.001}, ((8,),)),
    )
    samples: ClassVar = {"groups": (1, 2), "eps": (1e-5, 0.001)}

    groups: int
    eps: float = 1e-5
    affine: bool = True

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses groups that do not divide the channels."""
        if not inputs[0]:
            refuse(
                Code.BAD_RANK, "`group_norm` takes channels", found="[], one number", expected="[channels, *spatial]"
            )
        divides("groups", self.groups, inputs[0][0], "channels")
        return inputs

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [C]`` and ``bias [C]``."""
        weight = Weight((inputs[0][0],))
        return {"weight": weight, "bias": weight} if self.affine else {}

    def receptive_field(self, inputs: Shapes) -> Reach:
        """Global: the statistics come from every position, of some channels."""
        return Reach((None,) * len(inputs[0]), () if self.groups == 1 else (0,))

    def emit(self, inputs: Shapes) -> Call:
        defaults = {"eps": 1e-5, "affine": True}
        options = {name: getattr(self, name) for name in defaults}
        return Call("torch.nn.GroupNorm", (self.groups, inputs[0][0]), options, defaults)


class LocalResponseNorm(Layer):
    """``x / (k + alpha / size * sum x^2)^beta``, the sum over `size` neighbouring channels.

    Input and output ``[C, *S]`` (Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
    neural networks", 2012, section 3.3, where alpha is not divided by the size), as torch.nn.LocalResponseNorm.
    """

    op: ClassVar = "local_response_norm"
    main: ClassVar = "size"
    examples: ClassVar = (
        Example({"size": 5}, ((6, 8, 8),)),
        Example({"size": 2, "alpha": 0.001, "beta": 0.5, "k": 2.0}, ((4, 7),)),
    )

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs without spatial axes."""
        if len(inputs[0]) < 2:
            refuse(
                Code.BAD_RANK,
                "`local_response_norm` takes channels and spatial axes",
                found=spell(inputs[0]),
                expected="[channels, *spatial]",
                help="`layer_norm` normalises vectors",
            )
        at_least("size", self.size, 1)
        return inputs

    def receptive_field(self, inputs: Shapes) -> Window:
        """One position of some channels."""
        axes = len(inputs[0]) - 1
        return Window((1,) * axes, (1,) * axes, (0,) * axes, "some")

    def emit(self, inputs: Shapes) -> Call:
        defaults = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
        options = {name: getattr(self, name) for name in defaults}
        return Call("torch.nn.LocalResponseNorm", (self.size,), options, defaults)

"""Clipping of gradients; options bear torch's names. A new way is a class here and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.recipe.function import Function
from netspec.recipe.parts import Part

if TYPE_CHECKING:
    from torch import Tensor, nn


class Clip(Part):
    """Base of all ways to clip gradients. Infinities and nan pass: a check for them would wait for the device.

    Class attributes:
        target: The name of the function of parameters and of its options, as `dotted` takes it.
        measures: Whether it gives the norm of the gradients as they were, a scalar.
    """

    family: ClassVar[str] = "way to clip gradients"
    group: ClassVar[str] = "netspec.clips"
    told_by: ClassVar[tuple[str, ...]] = ("target", "function")
    target: ClassVar[str] = ""
    measures: ClassVar[bool] = False

    def function(self) -> Function:
        """Clips the gradients of parameters in place."""
        return Function(self.dotted(self.target), self.model_dump())

    def __call__(self, parameters: Sequence[nn.Parameter]) -> Tensor | None:
        """Clip the gradients in place, between the backward pass and the optimizer's step; their norm, if measured."""
        norm: Tensor | None = self.function()(parameters)
        return norm if self.measures else None


class Norm(Clip):
    """Scales all gradients alike where their Euclidean norm, taken over all of them together, is above `max_norm`.

    Pascanu et al. 2013, "On the difficulty of training recurrent neural networks" (arXiv:1211.5063).
    """

    key: ClassVar[str] = "norm"
    also: ClassVar[tuple[str, ...]] = ("grad_norm", "max_norm")
    main: ClassVar[str | None] = "max_norm"
    target: ClassVar[str] = "torch.nn.utils.clip_grad_norm_"
    measures: ClassVar[bool] = True

    max_norm: float = Field(gt=0)


class Value(Clip):
    """Brings every element of a gradient into the range from -`clip_value` to `clip_value`."""

    key: ClassVar[str] = "value"
    main: ClassVar[str | None] = "clip_value"
    target: ClassVar[str] = "torch.nn.utils.clip_grad_value_"

    clip_value: float = Field(gt=0)

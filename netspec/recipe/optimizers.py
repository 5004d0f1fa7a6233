"""Optimizers; options bear torch's names. A new one is a class here and nothing else.

Fused kernels of torch, which update every weight in one call on the CPU and on CUDA, run where there are any.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from netspec.analysis.optimizer_state import OptimizerState
from netspec.diagnostics import Code, NetspecError
from netspec.recipe.function import Function, functional
from netspec.recipe.parts import Part
from netspec.recipe.uncompiled import uncompiled

if TYPE_CHECKING:
    from torch import nn, optim

    Parameters = Iterable[nn.Parameter] | Iterable[dict[str, Any]]
    """Weights, or torch's groups of weights with options of their own."""


class Optimizer(Part):
    """Base of all optimizers. The main argument is the learning rate.

    Class attributes:
        target: The name of the class, as `dotted` takes it. It is given the parameters and the options by keyword.
        fixed: Its arguments that no recipe sets.
        in_pieces: Those that are others where weights are in pieces, one for each process (FSDP).
        slots: Numbers that it keeps of each weight from step to step, unless options decide.
        counters: Numbers that it keeps of each tensor.
    """

    family: ClassVar[str] = "optimizer"
    group: ClassVar[str] = "netspec.optimizers"
    main: ClassVar[str | None] = "lr"
    told_by: ClassVar[tuple[str, ...]] = ("target", "function")
    target: ClassVar[str] = ""
    fixed: ClassVar[dict[str, Any]] = {}
    in_pieces: ClassVar[dict[str, Any]] = {}
    slots: ClassVar[int]
    counters: ClassVar[int] = 0

    lr: float = Field(gt=0)
    weight_decay: float = Field(0.0, ge=0)

    def make(self, parameters: Parameters, **instead: Any) -> optim.Optimizer:
        """The torch optimizer of these parameters, or of groups of them; `instead` are arguments in place of its own.

        Raises:
            NetspecError: NS0904: this version of torch does not have it. NS0906: a plugin's makes none.
        """
        from torch import optim

        function = self.function().made()
        kind, options = (function.func, function.keywords) if isinstance(function, partial) else (function, {})
        made = uncompiled(kind)(parameters, **{**options, **instead})
        if not isinstance(made, optim.Optimizer):
            message = f"`{self.target}` of the optimizer `{self.key}` makes no torch.optim.Optimizer"
            raise NetspecError.of(Code.PLUGIN_FAILED, message, found=f"a value of the type `{type(made).__name__}`")
        return made

    def function(self) -> Function:
        """The optimizer's class with its options."""
        return Function(self.dotted(self.target), {**self.model_dump(), **self.fixed})

    def begin(self) -> Function | None:
        """The state of a tensor that begins to learn beside others that do already; None where torch makes it."""
        return None

    @classmethod
    def faults(cls) -> list[str]:
        found = super().faults()
        if not hasattr(cls, "slots") and cls.__dict__.get("state") is None:
            found.append("does not say in `slots` how many numbers it keeps of each weight")
        return found

    @property
    def state(self) -> OptimizerState:
        """The state that it keeps from step to step."""
        return OptimizerState(self.key, slots=self.slots, counters=self.counters)


def _betas(value: Any) -> tuple[float, float]:
    """Reads two numbers from 0 to below 1."""
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    if len(pair) != 2 or not all(type(number) in (int, float) and 0 <= number < 1 for number in pair):
        raise PydanticCustomError("betas", "two numbers of at least 0 and below 1: [0.9, 0.999]")
    return float(pair[0]), float(pair[1])


Betas = Annotated[tuple[float, float], BeforeValidator(_betas)]
"""The decay of the means of the gradients and of their squares."""


class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum."""

    key: ClassVar[str] = "sgd"
    target: ClassVar[str] = "torch.optim.SGD"
    fixed: ClassVar[dict[str, Any]] = {"fused": True}
    in_pieces: ClassVar[dict[str, Any]] = {"fused": False}  # torch's fused kernel takes whole weights alone

    momentum: float = Field(0.0, ge=0, lt=1)
    nesterov: bool = False

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("`nesterov` needs a `momentum` above 0")
        return self

    def begin(self) -> Function | None:
        return functional("learners.without_momentum") if self.momentum else None

    @property
    def state(self) -> OptimizerState:
        """A momentum for each weight, or nothing."""
        return OptimizerState(self.key, slots=1 if self.momentum else 0)


class Adam(Optimizer):
    """Adam (arXiv:1412.6980); its weight decay is an L2 penalty, added to the gradient."""

    key: ClassVar[str] = "adam"
    target: ClassVar[str] = "torch.optim.Adam"
    fixed: ClassVar[dict[str, Any]] = {"fused": True}
    slots: ClassVar[int] = 2  # the means of the gradients and of their squares
    counters: ClassVar[int] = 1

    betas: Betas = (0.9, 0.999)
    eps: float = Field(1e-8, gt=0)


class AdamW(Adam):
    """Adam with decoupled weight decay (arXiv:1711.05101)."""

    key: ClassVar[str] = "adamw"
    target: ClassVar[str] = "torch.optim.AdamW"

    weight_decay: float = Field(0.01, ge=0)


class NAdam(Optimizer):
    """Adam with Nesterov's momentum (Dozat 2016, "Incorporating Nesterov Momentum into Adam")."""

    key: ClassVar[str] = "nadam"
    target: ClassVar[str] = "torch.optim.NAdam"
    slots: ClassVar[int] = 2
    counters: ClassVar[int] = 2  # Adam's, and the product of its momenta

    betas: Betas = (0.9, 0.999)
    eps: float = Field(1e-8, gt=0)
    momentum_decay: float = Field(4e-3, ge=0)
    decoupled_weight_decay: bool = False


class RAdam(Optimizer):
    """Adam with a rectified variance, which needs no warm-up (arXiv:1908.03265)."""

    key: ClassVar[str] = "radam"
    target: ClassVar[str] = "torch.optim.RAdam"
    slots: ClassVar[int] = 2
    counters: ClassVar[int] = 1

    betas: Betas = (0.9, 0.999)
    eps: float = Field(1e-8, gt=0)
    decoupled_weight_decay: bool = False


class RmsProp(Optimizer):
    """Gradients over the root of the mean of their squares (Tieleman and Hinton 2012, lecture 6.5)."""

    key: ClassVar[str] = "rmsprop"
    target: ClassVar[str] = "torch.optim.RMSprop"

    alpha: float = Field(0.99, ge=0, lt=1)
    eps: float = Field(1e-8, gt=0)
    momentum: float = Field(0.0, ge=0, lt=1)
    centered: bool = False

    @property
    def state(self) -> OptimizerState:
        """The mean of the squares and a counter; with momentum that too, centred the mean of the gradients."""
        return OptimizerState(self.key, slots=1 + bool(self.momentum) + self.centered, counters=1)


class Adagrad(Optimizer):
    """Gradients over the root of the sum of all their squares (Duchi et al. 2011)."""

    key: ClassVar[str] = "adagrad"
    target: ClassVar[str] = "torch.optim.Adagrad"
    slots: ClassVar[int] = 1  # the sum of the squares
    counters: ClassVar[int] = 1

    lr_decay: float = Field(0.0, ge=0)
    initial_accumulator_value: float = Field(0.0, ge=0)
    eps: float = Field(1e-10, gt=0)


class Muon(Optimizer):
    """Momentum made orthogonal (Jordan et al. 2024), for weights with two axes; AdamW for all others.

    Steps are scaled to the size of AdamW's (arXiv:2502.16982), so that one learning rate serves both. The kernels of
    convolutions are AdamW's, unless `convolutions` makes those with four axes or five matrices, a row for each output.
    Products are in bfloat16, as torch's own Muon has them: a CPU without instructions for it is many times slower.
    """

    key: ClassVar[str] = "muon"
    target: ClassVar[str] = "netspec.functional.muon.MuonAndAdamW"

    weight_decay: float = Field(0.1, ge=0)
    momentum: float = Field(0.95, ge=0, lt=1)
    nesterov: bool = True
    ns_steps: int = Field(5, gt=0, lt=100)
    convolutions: bool = False

    @property
    def state(self) -> OptimizerState:
        """A momentum for matrices, AdamW's state elsewhere."""
        matrices = OptimizerState(self.key, slots=1)
        return OptimizerState(self.key, slots=2, counters=1, matrices=matrices, kernels=self.convolutions)

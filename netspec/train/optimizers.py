"""Optimizers; options bear torch's names. A new one is a class here and nothing else.

All run torch's fused kernels, which update every weight in one call on the CPU and on CUDA.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from netspec.analysis.footprint import OptimizerState
from netspec.train.parts import Part

if TYPE_CHECKING:
    from torch import nn, optim


class Optimizer(Part):
    """Base of all optimizers. The main argument is the learning rate."""

    family: ClassVar[str] = "optimizer"
    main: ClassVar[str | None] = "lr"

    lr: float = Field(gt=0)
    weight_decay: float = Field(0.0, ge=0)

    def make(self, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
        """The torch optimizer of these parameters."""
        raise NotImplementedError

    @property
    def state(self) -> OptimizerState:
        """What it remembers from step to step."""
        raise NotImplementedError


class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum."""

    key: ClassVar[str] = "sgd"

    momentum: float = Field(0.0, ge=0, lt=1)
    nesterov: bool = False

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("`nesterov` needs a `momentum` above 0")
        return self

    def make(self, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
        from torch import optim

        return optim.SGD(
            parameters,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay,
            fused=True,
        )

    @property
    def state(self) -> OptimizerState:
        """A momentum for each weight, or nothing."""
        return OptimizerState(self.key, slots=1 if self.momentum else 0)


class Adam(Optimizer):
    """Adam (arXiv:1412.6980); its weight decay is an L2 penalty, added to the gradient."""

    key: ClassVar[str] = "adam"

    def make(self, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
        from torch import optim

        return optim.Adam(parameters, lr=self.lr, weight_decay=self.weight_decay, fused=True)

    @property
    def state(self) -> OptimizerState:
        """Means of the gradients and of their squares, and a counter for each tensor."""
        return OptimizerState(self.key, slots=2, counters=True)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (arXiv:1711.05101)."""

    key: ClassVar[str] = "adamw"

    weight_decay: float = Field(0.01, ge=0)

    def make(self, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
        from torch import optim

        return optim.AdamW(parameters, lr=self.lr, weight_decay=self.weight_decay, fused=True)

    @property
    def state(self) -> OptimizerState:
        """Means of the gradients and of their squares, and a counter for each tensor."""
        return OptimizerState(self.key, slots=2, counters=True)

"""The learning tensors of each phase of a run, their optimizers, their rates and their weight decay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from torch import optim

from netspec.diagnostics import Code, NetspecError
from netspec.functional.learners import LearnersOf, go_on
from netspec.functional.phases import Phase
from netspec.recipe.optimizers import Optimizer
from netspec.training.parallel.sharding import is_piece


class Learners(LearnersOf):
    """The tensors of a module that may learn, phase by phase, and the optimizers of phases.

    All needs of a phase follow from the phase and from the state of the optimizer in it.
    """

    def refuse(self, what: str, help: str | None = None) -> NoReturn:
        """Raise NS0801."""
        raise NetspecError.of(Code.BAD_RECIPE, what, help=help)

    def groups(self, phase: Phase, optimizer: Optimizer) -> list[dict[str, Any]]:
        """Torch's groups of the parameters of a phase, as `grouped` has them.

        Raises:
            NetspecError: NS0801: none learns, or names of one tensor are treated unlike each other.
        """
        return self.grouped(phase, optimizer.lr, optimizer.weight_decay)

    def optimizer(self, phase: Phase, recipe: Optimizer, before: optim.Optimizer | None = None) -> optim.Optimizer:
        """The optimizer of a phase.

        Args:
            phase: The phase.
            recipe: The recipe of the optimizer.
            before: The optimizer of the phase before: its state of tensors that go on learning is kept. None at
                the start of a run, and of a resumed one, which loads its saved state.
        """
        made = of_groups(recipe, self.groups(phase, recipe))
        if before is not None:
            begin = recipe.begin()
            go_on(made, before, begin.made() if begin else None)
        return made


def of_groups(recipe: Optimizer, groups: list[dict[str, Any]]) -> optim.Optimizer:
    """The optimizer of groups of weights, which may be in pieces."""
    pieces = any(is_piece(each) for group in groups for each in group["params"])
    return recipe.make(groups, **(recipe.in_pieces if pieces else {}))


def set_rates(groups: Iterable[dict[str, Any]], rate: float) -> None:
    """Set the learning rate of groups that `Learners.groups` made, each to its own share of it."""
    for group in groups:
        group["lr"] = rate * group["lr_scale"]

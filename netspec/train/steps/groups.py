"""What learns in each phase of a run, how fast, and with how much weight decay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn, optim

from netspec.diagnostics import Code, NetspecError
from netspec.functional.decay import is_weight
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.phases import Phase

Decay = Literal["all", "weights"]
"""Whether weight decay is for all that learns, or for weights alone."""

_Setting = tuple[float, bool] | None


class Learners:
    """The tensors of a module that may learn, phase by phase.

    It is made from the bare module before the first phase, and keeps names alone: the module may be wrapped after that,
    moved, or cut into shards. What the spec freezes never learns.

    What an optimizer remembers of a tensor, it remembers as long as the tensor learns: what learns in two phases in
    turn keeps its momenta, what comes new begins without any, and of what is frozen nothing is kept. So all that a
    phase needs follows from the phase and from the state of the optimizer in it.
    """

    def __init__(self, module: nn.Module, decay: Decay = "all") -> None:
        self.module, self.decay = module, decay
        self._names: dict[str, tuple[str, ...]] = {}
        shared: dict[int, list[str]] = {}
        for name, parameter in module.named_parameters(remove_duplicate=False):
            if parameter.requires_grad:
                shared.setdefault(id(parameter), []).append(name)
        self._names = {names[0]: tuple(names) for names in shared.values()}
        self._still: set[str] = set()

    def learned(self, phase: Phase) -> dict[str, nn.Parameter]:
        """The parameters that learn in a phase, by name, each once.

        Raises:
            NetspecError: NS0801: none does, or names of one tensor are treated unlike each other.
        """
        found = dict(self.module.named_parameters())
        learned = {name: found[name] for name, setting in self._settings(phase).items() if setting is not None}
        if not learned:
            raise NetspecError.of(Code.BAD_RECIPE, "a phase freezes everything that could learn")
        return learned

    def freeze(self, phase: Phase) -> None:
        """Let exactly that learn which learns in a phase; keep the running statistics of what is frozen.

        Modules with buffers of their own, such as batch norms, are in evaluation mode while they are frozen. To be
        called at the start of a phase, and again whenever the module was put into training mode.
        """
        learned = self.learned(phase)
        for name, parameter in self.module.named_parameters():
            if name in self._names:
                parameter.requires_grad_(name in learned)
                if name not in learned:
                    parameter.grad = None
        for name, part in self.module.named_modules():
            still = bool(name) and phase.frozen(name) and any(True for _ in part.buffers(recurse=False))
            if still and part.training:
                self._still.add(name)
                part.training = False  # of itself alone: what it holds may learn
            elif not still and name in self._still:
                self._still.remove(name)
                part.training = self.module.training

    def groups(self, phase: Phase, optimizer: Optimizer) -> list[dict[str, Any]]:
        """Torch's groups of the parameters of a phase, one for each rate and weight decay.

        Beside torch's own keys each has `lr_scale`, what the rate is multiplied by.
        """
        learned = self.learned(phase)
        groups: dict[_Setting, list[nn.Parameter]] = {}
        for name, setting in self._settings(phase).items():
            if name in learned:
                groups.setdefault(setting, []).append(learned[name])
        return [
            {
                "params": parameters,
                "lr": optimizer.lr * setting[0],
                "lr_scale": setting[0],
                "weight_decay": optimizer.weight_decay if setting[1] else 0.0,
            }
            for setting, parameters in groups.items()
            if setting is not None
        ]

    def optimizer(self, phase: Phase, recipe: Optimizer, before: optim.Optimizer | None = None) -> optim.Optimizer:
        """The optimizer of a phase.

        Args:
            phase: Says what it has.
            recipe: Says which it is.
            before: The optimizer of the phase before: what it remembers of tensors that go on learning goes on. None at
                the start of a run, and of a resumed one, which loads what was saved.
        """
        made = recipe.make(self.groups(phase, recipe))
        if before is not None:
            for parameter in (each for group in made.param_groups for each in group["params"]):
                if parameter in before.state:
                    made.state[parameter] = before.state[parameter]
                elif own := recipe.begin(parameter):
                    made.state[parameter] = own
        return made

    def _settings(self, phase: Phase) -> dict[str, _Setting]:
        """For every name the factor of its rate, and whether it decays; None where it is frozen."""
        return {name: self._agreed(names, phase) for name, names in self._names.items()}

    def _agreed(self, names: tuple[str, ...], phase: Phase) -> _Setting:
        """The setting of a tensor under all its names."""
        found = {None if phase.frozen(name) else phase.scale(name): name for name in names}
        if len(found) > 1:
            one, other = list(found.values())[:2]
            message = f"`{one}` and `{other}` are one tensor, which a phase freezes or trains under one name alone"
            raise NetspecError.of(Code.BAD_RECIPE, message, help="name both, or write a rate for both")
        scale = next(iter(found))
        return (
            None
            if scale is None
            else (scale, self.decay == "all" or all(is_weight(self.module, each) for each in names))
        )


def set_rates(groups: Iterable[dict[str, Any]], rate: float) -> None:
    """Set the learning rate of groups that `Learners.groups` made, each to its own share of it."""
    for group in groups:
        own = rate * group["lr_scale"]
        if isinstance(group["lr"], Tensor):  # a captured graph reads it where it is
            with torch.no_grad():
                group["lr"].fill_(own)
        else:
            group["lr"] = own

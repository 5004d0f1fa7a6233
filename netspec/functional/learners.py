"""The learning tensors of each phase of a run, their rates and their weight decay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch import Tensor, nn, optim
from torch.nn.modules.batchnorm import _NormBase

from netspec.functional.phases import Phase

NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)

Setting = tuple[float, bool] | None
"""The factor of a tensor's rate, and whether it decays; None where it is frozen."""


class LearnersOf:
    """The tensors of a module that may learn, phase by phase.

    It is made from the bare module before the first phase, and keeps names alone: the
    module may be wrapped after that, moved, or cut into shards. Tensors frozen by the
    network itself never learn.

    An optimizer keeps the state of a tensor as long as the tensor learns: a tensor that
    learns in consecutive phases keeps its momenta, a new one begins without any,
    and the state of a frozen one is dropped.
    """

    def __init__(self, module: nn.Module, decay: str = "all") -> None:
        self.module, self.decay = module, decay
        shared: dict[int, list[str]] = {}
        for name, parameter in module.named_parameters(remove_duplicate=False):
            if parameter.requires_grad:
                shared.setdefault(id(parameter), []).append(name)
        self.names = {names[0]: tuple(names) for names in shared.values()}
        self.still: set[str] = set()

    def refuse(self, what: str, help: str | None = None) -> NoReturn:
        """Exit with a message: the phase does not fit the module."""
        raise SystemExit(what)

    def learned(self, phase: Phase) -> dict[str, nn.Parameter]:
        """The parameters that learn in a phase, by name, each once."""
        found, settings = dict(self.module.named_parameters()), self.settings(phase)
        learned = {name: found[name] for name, each in settings.items() if each}
        if not learned:
            self.refuse("a phase freezes everything that could learn")
        return learned

    def freeze(self, phase: Phase) -> None:
        """Let exactly the tensors of a phase learn.

        Modules with buffers of their own, such as batch norms, are in evaluation mode
        while they are frozen. Call it at the start of a phase, and again whenever
        the module was put into training mode.
        """
        learned = self.learned(phase)
        for name, parameter in self.module.named_parameters():
            if name in self.names:
                parameter.requires_grad_(name in learned)
                if name not in learned:
                    parameter.grad = None
        for name, part in self.module.named_modules():
            buffers = any(True for _ in part.buffers(recurse=False))
            still = bool(name) and buffers and phase.frozen(name)
            if still and part.training:
                self.still.add(name)
                part.training = False  # of itself alone: modules inside it may learn
            elif not still and name in self.still:
                self.still.remove(name)
                part.training = self.module.training

    def grouped(
        self, phase: Phase, lr: float, weight_decay: float
    ) -> list[dict[str, Any]]:
        """Torch's groups of the parameters of a phase, one for each rate and decay.

        Beside torch's own keys each has `lr_scale`, the factor of the rate.
        """
        learned = self.learned(phase)
        groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for name, setting in self.settings(phase).items():
            if setting is not None:
                groups.setdefault(setting, []).append(learned[name])
        return [
            {
                "params": parameters,
                "lr": lr * scale,
                "lr_scale": scale,
                "weight_decay": weight_decay if decays else 0.0,
            }
            for (scale, decays), parameters in groups.items()
        ]

    def settings(self, phase: Phase) -> dict[str, Setting]:
        """The setting of every name in a phase."""
        return {name: self.agreed(names, phase) for name, names in self.names.items()}

    def agreed(self, names: tuple[str, ...], phase: Phase) -> Setting:
        """The setting of a tensor under all its names."""
        found = {
            None if phase.frozen(name) else phase.scale(name): name for name in names
        }
        if len(found) > 1:
            one, other = list(found.values())[:2]
            what = (
                f"`{one}` and `{other}` are one tensor, which a phase freezes or trains"
            )
            help = "name both, or write a rate for both"
            self.refuse(f"{what} under one name alone", help)
        scale = next(iter(found))
        if scale is None:
            return None
        weights = all(is_weight(self.module, each) for each in names)
        return scale, self.decay == "all" or weights


def go_on(
    made: optim.Optimizer,
    before: optim.Optimizer,
    begin: Callable[[Tensor], dict[str, Tensor]] | None,
) -> None:
    """Give an optimizer another's state of the tensors that both train.

    `begin` gives the state of a tensor that begins to learn beside others that do.
    """
    for parameter in (each for group in made.param_groups for each in group["params"]):
        if parameter in before.state:
            made.state[parameter] = before.state[parameter]
        elif begin is not None:
            made.state[parameter] = begin(parameter)


def without_momentum(parameter: Tensor) -> dict[str, Tensor]:
    """A momentum of 0, which is as good as none.

    torch's fused kernel wants one for all of a group or for none.
    """
    return {"momentum_buffer": torch.zeros_like(parameter.detach())}


def is_weight(module: nn.Module, name: str) -> bool:
    """Whether a tensor is more than a bias, a part of a norm, or numbers in a row.

    A `weight` may have one row; the likes of a class token [1, 1, 768] and a layer
    scale [96, 1, 1] are vectors.
    """
    owner, _, own = name.rpartition(".")
    shape = module.get_parameter(name).shape
    axes = len(shape) if own == "weight" else sum(size != 1 for size in shape)
    norm = isinstance(module.get_submodule(owner), NORMS)
    return "bias" not in own and not norm and axes > 1


def decaying(network: nn.Module, learned: list[nn.Parameter]) -> list[dict[str, Any]]:
    """Groups of parameters: those that decay, and biases and norms, which do not."""
    named = network.named_parameters(remove_duplicate=False)
    others = {p for name, p in named if not is_weight(network, name)}
    groups: list[dict[str, Any]] = [
        {"params": [p for p in learned if p not in others]},
        {"params": [p for p in learned if p in others], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]

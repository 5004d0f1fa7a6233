"""An optimizer's state in a checkpoint, checked against the state that the run's own would have saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, optim

from netspec.recipe.measuring.saved_values import Misfit, fields, number, whole
from netspec.recipe.optimizers import Optimizer


def optimizer_state(found: Any, own: optim.Optimizer, recipe: Optimizer) -> dict[str, Any]:
    """The saved state of an optimizer, for its own parameters; its options are the recipe's.

    Raises:
        Misfit: It is of other parameters, or not what this optimizer remembers.
    """
    saved, ours = fields(found, ("state", "param_groups"), "the optimizer"), own.state_dict()
    parameters = [each for group in own.param_groups for each in group["params"]]
    groups = saved["param_groups"]
    if not isinstance(groups, list) or [_numbers(g) for g in groups] != [g["params"] for g in ours["param_groups"]]:
        raise Misfit("the optimizer is of other parameters")
    if not isinstance(saved["state"], dict):
        raise Misfit("the optimizer remembers nothing that could be read")
    wanted = _remembered(recipe, {each.ndim for each in parameters})
    for index, kept in saved["state"].items():
        parameter = parameters[whole(index, 0, len(parameters) - 1, "a parameter's number")]
        _check_memory(kept, parameter, wanted[parameter.ndim], f"what the optimizer remembers of parameter {index}")
    return {"state": saved["state"], "param_groups": ours["param_groups"]}


def _numbers(group: Any) -> Any:
    return group.get("params") if isinstance(group, dict) else None


def _remembered(recipe: Optimizer, ranks: set[int]) -> dict[int, dict[str, bool]]:
    """The state that an optimizer keeps of a tensor by its number of axes: whether each named value has its shape.

    The optimizer itself is asked, by a step over tensors of a single number.
    """
    tensors = {rank: torch.zeros((1,) * (rank or 1), requires_grad=True) for rank in ranks}
    for tensor in tensors.values():
        tensor.grad = torch.zeros_like(tensor)
    group = {"params": list(tensors.values()), "lr": recipe.lr, "lr_scale": 1.0, "weight_decay": recipe.weight_decay}
    made = recipe.make([group])
    made.step()
    return {
        rank: {name: isinstance(each, Tensor) and each.ndim > 0 for name, each in made.state[tensor].items()}
        for rank, tensor in tensors.items()
    }


def _check_memory(kept: Any, parameter: Tensor, wanted: Mapping[str, bool], where: str) -> None:
    if not isinstance(kept, dict) or set(kept) != set(wanted):
        raise Misfit(f"{where} is not {', '.join(wanted) or 'nothing'}")
    for name, shaped in wanted.items():
        value = kept[name]
        if shaped:
            if not isinstance(value, Tensor) or value.shape != parameter.shape or not value.is_floating_point():
                raise Misfit(f"`{name}`, {where}, has not the parameter's shape")
        elif isinstance(value, Tensor):
            if value.numel() != 1:
                raise Misfit(f"`{name}`, {where}, is no single number")
            number(value.item(), f"`{name}`, {where},")
        elif value is not None:
            number(value, f"`{name}`, {where},")

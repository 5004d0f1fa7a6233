"""Saved values held against those that a run would have saved: names, ranges, shapes, types. Imports torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, optim

from netspec.recipe.optimizers import Optimizer


class Misfit(ValueError):
    """The error of saved values that this run would not save; the text says where."""


def fields(found: Any, names: tuple[str, ...], where: str) -> Mapping[str, Any]:
    """A dict with entries of these names; it may have others.

    Raises:
        Misfit: It is none, or lacks one.
    """
    if not isinstance(found, dict):
        raise Misfit(f"{where} is of type {type(found).__name__}")
    missing = [name for name in names if name not in found]
    if missing:
        raise Misfit(f"{where} has no `{missing[0]}`")
    return found


def whole(found: Any, low: int, high: int, where: str) -> int:
    """An integer between two others, both included.

    Raises:
        Misfit: It is none, or lies outside.
    """
    if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
        raise Misfit(f"{where} is not a whole number from {low:,} to {high:,}")
    return found


def number(found: Any, where: str) -> float:
    """A finite number that is not negative.

    Raises:
        Misfit: It is none.
    """
    if not isinstance(found, int | float) or isinstance(found, bool) or not 0 <= found < math.inf:
        raise Misfit(f"{where} is not a number of at least 0")
    return float(found)


def same_tensors(found: Any, own: Mapping[str, Tensor], where: str, *, more: bool = False) -> Mapping[str, Tensor]:
    """Tensors by name, of the shapes and types of a run's own.

    Args:
        found: The saved tensors.
        own: The tensors of the run.
        where: Their name, for the message.
        more: Whether there may be others besides.

    Raises:
        Misfit: A name is missing or strange, or a tensor is of another shape or type.
    """
    fields(found, tuple(own), where)
    strange = [name for name in found if name not in own]
    if strange and not more:
        raise Misfit(f"{where} has `{strange[0]}`, which the run does not")
    for name, tensor in own.items():
        same_tensor(found[name], tensor, f"`{name}` of {where}")
    return {name: found[name] for name in own}


def same_tensor(found: Any, own: Tensor, where: str) -> Tensor:
    """A dense tensor of the shape and the type of another.

    Raises:
        Misfit: It is none.
    """
    if not isinstance(found, Tensor) or found.layout != torch.strided or found.is_meta or found.is_quantized:
        raise Misfit(f"{where} is no dense tensor")
    if found.shape != own.shape or found.dtype != own.dtype:
        theirs, ours = (f"{list(each.shape)} of {str(each.dtype).removeprefix('torch.')}" for each in (found, own))
        raise Misfit(f"{where} is {theirs} and should be {ours}")
    return found


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

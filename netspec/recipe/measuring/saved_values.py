"""Saved values held against those that a run would have saved: names, ranges, shapes and types. Imports torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


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

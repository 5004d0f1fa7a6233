"""The state of all global random generators, as tensors and plain data."""

from __future__ import annotations

import random
import sys
from typing import Any

import torch
from torch import distributed

from netspec.training.parallel.member import Member

_APART = 1_000_003
"""A prime, so that the processes of neighbouring seeds do not share their numbers."""


def seed(number: int) -> None:
    """Have all generators draw the numbers of a seed: those of torch, of Python, and of NumPy where it is in use."""
    random.seed(number)
    torch.manual_seed(number)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(number)


def stir(seed: int, rank: int) -> None:
    """Let each process draw numbers of its own from torch's generators; the first draws those of the seed itself."""
    if rank:
        torch.manual_seed((seed + _APART * rank) % 2**32)


def all_random_states(process: Member) -> list[dict[str, Any]]:
    """The state of every process, in order. All take part."""
    own = _state(process.device)
    if process.world == 1:
        return [own]
    states: list[Any] = [None] * process.world
    distributed.all_gather_object(states, own)
    return states


def set_random_state(states: list[dict[str, Any]], process: Member) -> None:
    """Restore the state. A process that had no part before draws numbers of its own."""
    if process.rank < len(states):
        _set(states[process.rank], process.device)


def _state(device: torch.device) -> dict[str, Any]:
    """The state of the generators of torch (dropout draws from these), of Python, and of NumPy where it is in use."""
    version, numbers, spare = random.getstate()
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "python": [version, torch.tensor(numbers, device="cpu"), spare],
    }
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    if numpy := sys.modules.get("numpy"):
        name, keys, *rest = numpy.random.get_state(legacy=True)
        state["numpy"] = [name, torch.tensor(keys.tolist(), device="cpu"), *rest]
    return state


def _numbers(state: Any) -> list[int]:
    """Whole numbers, kept as a tensor, which is written and read in a tenth of the time that a list of them takes."""
    if not isinstance(state, torch.Tensor) or state.dtype != torch.int64 or state.ndim != 1:
        raise ValueError("the state of random numbers is no row of whole numbers")
    return state.tolist()


def _bytes(state: Any) -> torch.Tensor:
    if not isinstance(state, torch.Tensor) or state.dtype != torch.uint8 or state.ndim != 1:
        raise ValueError("the state of torch's random numbers is no row of bytes")
    return state


def _set(state: dict[str, Any], device: torch.device) -> None:
    torch.set_rng_state(_bytes(state["torch"]))
    version, numbers, spare = state["python"]
    if not isinstance(spare, float | None):
        raise ValueError("the random numbers of Python are none")
    random.setstate((version, tuple(_numbers(numbers)), spare))
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(_bytes(state["cuda"]), device)
    if "numpy" in state and (numpy := sys.modules.get("numpy")):
        name, keys, *rest = state["numpy"]
        numpy.random.set_state((name, _numbers(keys), *rest))

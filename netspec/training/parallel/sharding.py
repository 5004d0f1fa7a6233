"""A network in pieces, one for each process (FSDP2), and its state put together and taken apart again.

Saved state is always whole: a run's files are the same whatever the number of processes, so that one of any number
resumes them. The first process needs the memory of the whole state for a moment, on the CPU.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

import torch
from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from netspec.backends.live import is_generated

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor

_UNIT = 10_000_000
"""The weights to gather at a time, about: many, and the network is whole in memory; few, and nothing overlaps."""


def shard(module: nn.Module, device: torch.device) -> nn.Module:
    """Cut every weight into a piece for each process; the module is changed.

    The blocks of the network are gathered one after the other while they compute. All processes start from the weights
    of the first. A module that is cut already stays as it is.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard

    if isinstance(module, FSDPModule):
        return module
    # Pieces are rows of the weights as they lie in memory: channels-last weights have none.
    module.to(memory_format=torch.contiguous_format).to(device)
    same_everywhere(module.state_dict().values())
    line = init_device_mesh(device.type, (distributed.get_world_size(),))
    for unit in _units(module):
        fully_shard(unit, mesh=line)
    fully_shard(module, mesh=line)
    return module


def is_piece(value: Any) -> TypeGuard[DTensor]:
    """Whether a value is a weight of which this process holds a piece: where torch cut any, its module is loaded."""
    tensors = sys.modules.get("torch.distributed.tensor")
    return tensors is not None and isinstance(value, tensors.DTensor)


def _units(module: nn.Module) -> Iterator[nn.Module]:
    """The largest parts of the module that hold no more than `_UNIT` weights, and that are called.

    Inside a module of torch's own nothing is known of who calls what (attention takes its last layer's weights without
    calling it), and a list is never called. A weight that two parts share belongs to neither.
    """
    users = Counter(id(p) for part in module.modules() for p in part.parameters(recurse=False))
    lists = nn.ModuleList | nn.ModuleDict

    def walk(parent: nn.Module) -> Iterator[nn.Module]:
        for child in parent.children():
            weights = list(child.parameters())
            small = sum(p.numel() for p in weights) <= _UNIT
            whole = bool(weights) and not isinstance(child, lists) and all(users[id(p)] == 1 for p in weights)
            opens = isinstance(child, nn.Sequential | lists) or is_generated(child)
            if whole and (small or not opens):
                yield child
            elif opens:
                yield from walk(child)

    yield from walk(module)


def same_everywhere(tensors: Iterable[Tensor]) -> None:
    """Overwrite tensors by those of the first process; a process alone has nothing to do.

    It is for buffers, such as the running means of a norm, of which every process keeps its own: before a network is
    judged or saved. Pieces of weights stay as they are.
    """
    if not distributed.is_initialized():
        return
    with torch.no_grad():
        for tensor in tensors:
            if not is_piece(tensor):
                whole = tensor.contiguous()
                distributed.broadcast(whole, 0)
                if whole is not tensor:
                    tensor.copy_(whole)


def gathered(state: Any) -> Any:
    """A copy of a tree of dicts, lists and values, on the CPU, with every piece of a weight put together.

    It stays as it is whatever becomes of the network.
    All processes must call it at once where any tensor is cut into pieces.
    """
    if is_piece(state):
        state = state.full_tensor()
    if isinstance(state, Tensor):
        return state.detach().to("cpu", copy=True)
    if isinstance(state, Mapping):
        return {key: gathered(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(map(gathered, state))
    return state


def own_pieces(tensors: Iterable[Tensor]) -> list[Tensor]:
    """The part of each tensor that this process holds, in the same memory: its piece, or the whole."""
    return [tensor.to_local() if is_piece(tensor) else tensor for tensor in tensors]


def dealt(state: Tensor, like: Tensor) -> Tensor:
    """This process's piece of a whole tensor, cut as `like` is; a whole one where `like` is whole.

    It is for tensors beside a weight, such as a momentum or an average. Every process has read the same tensor.
    """
    if is_piece(like) and state.shape == like.shape:
        from torch.distributed.tensor import distribute_tensor

        mesh = like.device_mesh
        return distribute_tensor(state.to(mesh.device_type), mesh, like.placements, src_data_rank=None)
    return state


def dealt_optimizer(state: Mapping[str, Any], optimizer: Optimizer) -> dict[str, Any]:
    """The whole state_dict of an optimizer, as one of pieces loads it: tensors of a weight's shape are cut like it.

    Args:
        state: The result of `gathered(optimizer.state_dict())`.
        optimizer: The optimizer that is to load it.
    """
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    kept = {
        index: {
            name: dealt(value, weights[index]) if isinstance(value, Tensor) else value for name, value in values.items()
        }
        for index, values in state["state"].items()
    }
    return {**state, "state": kept}


def load_whole(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load whole weights into a module, in pieces or not; names and shapes must agree.

    Raises:
        RuntimeError: They do not, in torch's words.
    """
    own = module.state_dict()
    module.load_state_dict({name: dealt(value, own[name]) if name in own else value for name, value in state.items()})

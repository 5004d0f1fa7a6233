"""Asks torch what it keeps, and what there is at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

WITH_PARTS = (torch.ops.aten._native_multi_head_attention.default, torch.ops.aten.roll.default)
"""Operations that call others: torch tells a dispatch mode of none, but a profiler of all that they allocate."""


def kept_storages(
    module: nn.Module, run: Callable[[], Any], besides: Iterable[Tensor] = ()
) -> tuple[dict[int, int], Any]:
    """Bytes of each storage that autograd keeps during `run`, by its address, and what `run` gives.

    Left out are the module's parameters and buffers, and the tensors of `besides`.
    """
    own = {t.untyped_storage().data_ptr() for t in (*module.parameters(), *module.buffers(), *besides)}
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        alias = tensor.detach()  # a result that its own backward step keeps would hold itself for ever
        kept[tensor.untyped_storage().data_ptr()] = alias
        return alias

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run()
    sizes = {pointer: tensor.untyped_storage().nbytes() for pointer, tensor in kept.items()}
    return {pointer: size for pointer, size in sizes.items() if size and pointer not in own}, result


class LivePeak(TorchDispatchMode):
    """Follows the storages that operations make, and finds the most bytes that are there at once.

    What the parts of an operation make within it is followed of those in `WITH_PARTS`, not of kernels.

    Attributes:
        peak: Bytes of values, those of `given` among them.
    """

    def __init__(self, given: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.live: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0
        self.ignored: set[int] = set()
        self.viewed: int | None = None
        for tensor in given:
            self._follow(tensor)

    def leave_out(self, module: nn.Module) -> LivePeak:
        """Do not count a module's own tensors."""
        self.ignored |= {t.untyped_storage()._cdata for t in (*module.parameters(), *module.buffers())}
        return self

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in WITH_PARTS:
            with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
                result = func(*args, **(kwargs or {}))
            self._find_peak(most_allocated(profiled))
        elif func is torch.ops.aten.add.Tensor and self._is_bias_of_linear(*args):
            result = args[0].add_(args[1])
        else:
            result = func(*args, **(kwargs or {}))
        self.viewed = result.untyped_storage()._cdata if func is torch.ops.aten._unsafe_view.default else None
        for each in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(each, Tensor):
                self._follow(each)
        self._find_peak()
        return result

    def _is_bias_of_linear(self, one: Any, other: Any) -> bool:
        """Whether torch's linear map adds its bias: in place, but where it sees a dispatch mode, to a new tensor."""
        product = isinstance(one, Tensor) and one.untyped_storage()._cdata == self.viewed
        return product and isinstance(other, Tensor) and other.dim() == 1 and not torch.is_grad_enabled()

    def _find_peak(self, within: int = 0) -> None:
        self.live = {key: (ref, size) for key, (ref, size) in self.live.items() if not ref.expired()}
        self.peak = max(self.peak, within + sum(size for _, size in self.live.values()))

    def _follow(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata not in self.ignored:
            self.live[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())


def most_allocated(profiled: profile) -> int:
    """The most bytes that were allocated at once while torch was profiled, over those that were there before."""
    events = [event for event in profiled.profiler.kineto_results.events() if event.name() == "[memory]"]
    sizes = (event.nbytes() for event in sorted(events, key=lambda event: event.start_ns()))
    return max(accumulate(sizes, initial=0))

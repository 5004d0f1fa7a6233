"""Asks torch what it keeps, and what there is at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode


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

    Attributes:
        peak: Bytes of values, those of `given` among them.
    """

    def __init__(self, given: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.live: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0
        self.ignored: set[int] = set()
        for tensor in given:
            self._follow(tensor)

    def leave_out(self, module: nn.Module) -> LivePeak:
        """Do not count a module's own tensors."""
        self.ignored |= {t.untyped_storage()._cdata for t in (*module.parameters(), *module.buffers())}
        return self

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for each in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(each, Tensor):
                self._follow(each)
        self.live = {key: (ref, size) for key, (ref, size) in self.live.items() if not ref.expired()}
        self.peak = max(self.peak, sum(size for _, size in self.live.values()))
        return result

    def _follow(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata not in self.ignored:
            self.live[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())

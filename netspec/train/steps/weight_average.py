"""The moving average of the weights while a run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from netspec.recipe.ema import Ema
from netspec.train.parallel.sharding import own_pieces


class Average:
    """The average of a module's parameters and floating-point buffers (a batch norm's statistics among them).

    Attributes:
        tensors: The averages by the names of the module's state_dict.
    """

    def __init__(self, settings: Ema, module: nn.Module) -> None:
        state = module.state_dict(keep_vars=True)
        self._settings = settings
        # A tied weight has several names in the state_dict and is to be averaged once.
        named = {id(tensor): (name, tensor) for name, tensor in reversed(state.items()) if tensor.is_floating_point()}
        self._live = [tensor.detach() for _, tensor in named.values()]
        self._averages = [tensor.clone() for tensor in self._live]
        own = dict(zip(named, self._averages, strict=True))
        self.tensors: dict[str, Tensor] = {name: own[id(t)] for name, t in state.items() if id(t) in own}

    def update(self, step: int) -> None:
        """Take in the weights as a step has left them; it counts from 0."""
        # Weights may be in pieces, buffers never are: torch takes no list of both.
        get_ema_multi_avg_fn(self._settings.at(step))(own_pieces(self._averages), own_pieces(self._live), None)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The module has the average for its weights meanwhile."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from an average, given by the names of the state_dict."""
        for name, average in self.tensors.items():
            average.copy_(tensors[name])

    def _swap(self) -> None:
        for live, average in zip(self._live, self._averages, strict=True):
            kept = live.clone()
            live.copy_(average)
            average.copy_(kept)

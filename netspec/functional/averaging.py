"""Weights that follow a network's: their exponential moving average, or Lookahead's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """The average of parameters and floating-point buffers, batch norm's among them.

    Attributes:
        tensors: The averages by the names of the module's state_dict.
    """

    def __init__(self, module: nn.Module) -> None:
        state = module.state_dict(keep_vars=True)
        # A tied weight has several names there and is to be averaged once.
        named = {
            id(tensor): tensor
            for tensor in reversed(list(state.values()))
            if tensor.is_floating_point()
        }
        self.live: list[Tensor] = [tensor.detach() for tensor in named.values()]
        self.averages = [tensor.clone() for tensor in self.live]
        own = dict(zip(named, self.averages, strict=False))
        self.tensors: dict[str, Tensor] = {
            name: own[id(tensor)] for name, tensor in state.items() if id(tensor) in own
        }

    def update(self, decay: float) -> None:
        """Update the averages with the weights after a step."""
        get_ema_multi_avg_fn(decay)(self.averages, self.live, None)

    def call_back(self) -> None:
        """Let the weights that learn go on from the averages."""
        for live, average in zip(self.live, self.averages, strict=False):
            live.copy_(average)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Use the averages as the module's weights inside the context."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from an average, given by the names of the state_dict."""
        for name, average in self.tensors.items():
            average.copy_(tensors[name])

    def swap(self) -> None:
        """Exchange weights and averages."""
        for live, average in zip(self.live, self.averages, strict=False):
            kept = live.clone()
            live.copy_(average)
            average.copy_(kept)

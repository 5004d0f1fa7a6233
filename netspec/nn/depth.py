"""Depth that is drawn by lot."""

from __future__ import annotations

from torch import Tensor, nn


class StochasticDepth(nn.Module):
    """In training, zeros each example (row) or the whole batch with probability p."""

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        rows = x.shape[0] if self.mode == "row" else 1
        survival = 1 - self.p
        kept = x.new_empty((rows, *(1 for _ in x.shape[1:]))).bernoulli_(survival)
        return x * (kept / survival if survival > 0 else kept)

    def extra_repr(self) -> str:
        return f"p={self.p}, mode={self.mode!r}"

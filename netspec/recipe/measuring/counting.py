"""Counters on the device that torchmetrics lacks in an exact or an unhurried form. Imports torch.

They are shared by processes, saved and reset as torchmetrics' own. A script, which is to need no torchmetrics, counts
the same parts by `netspec.functional.figures`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torchmetrics
from torch import Tensor

from netspec.functional.figures import Parts, squared


class Quotient(torchmetrics.Metric):
    """A quotient of sums: of hits over examples, of errors over values.

    Sums are in double precision, so that the shares of an epoch are exact; and they stay in the same memory, so that a
    step that was captured as a CUDA graph can be replayed.
    """

    full_state_update = False
    numerator: Tensor
    denominator: Tensor

    def __init__(self, parts: Callable[[Tensor, Tensor], Parts]) -> None:
        super().__init__(compute_with_cache=False)  # torchmetrics does not see the counts of a replayed graph
        self.parts = parts
        for name in ("numerator", "denominator"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        self.count(outputs, targets)

    def count(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch without the bookkeeping of torchmetrics, which takes several times as long as this."""
        if not self._update_count:
            self._update_count = 1
        above, below = self.parts(outputs, targets)
        self.numerator.add_(above)
        self.denominator.add_(below)

    def compute(self) -> Tensor:
        """The quotient; nan where nothing was counted."""
        return self.numerator / self.denominator

    def reset(self) -> None:
        """Set the sums to zero, in place."""
        numerator, denominator = self.numerator, self.denominator
        super().reset()
        self.numerator, self.denominator = numerator.zero_(), denominator.zero_()


class SignalToNoise(Quotient):
    """10 log10 of the squared range of the targets seen, over the mean squared error; in dB."""

    lowest: Tensor
    highest: Tensor

    def __init__(self) -> None:
        super().__init__(squared)
        self.add_state("lowest", torch.tensor(torch.inf, dtype=torch.float64), dist_reduce_fx="min")
        self.add_state("highest", torch.tensor(-torch.inf, dtype=torch.float64), dist_reduce_fx="max")

    def count(self, outputs: Tensor, targets: Tensor) -> None:
        super().count(outputs, targets)
        low, high = targets.aminmax()
        self.lowest.copy_(torch.minimum(self.lowest, low))
        self.highest.copy_(torch.maximum(self.highest, high))

    def compute(self) -> Tensor:
        """The ratio in dB; infinite where there is no error."""
        return 10 * ((self.highest - self.lowest).square() / super().compute()).log10()

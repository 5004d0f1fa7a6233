"""Figures of values against their targets, counted in double precision."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.distributed as dist
from torch import Tensor

from netspec.functional.figures import Metric, Quotient, squared


class RootOfSquares(Quotient):
    """The root of the mean squared error."""

    def __init__(self) -> None:
        super().__init__(squared)

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The root, in the targets' unit."""
        return super().figure(counts).sqrt()


class Determination(Metric):
    """The share of the variance of each value that is told, averaged over the values.

    Outputs and targets are [N, values]. A target that never changes is told wholly,
    1, or not at all, 0.
    """

    def __init__(self, values: int) -> None:
        none = torch.zeros(values, dtype=torch.float64)
        number = torch.zeros((), dtype=torch.float64)
        super().__init__(sums=none, squares=none, errors=none, number=number)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        targets = targets.double()
        self.counts["sums"].add_(targets.sum(0))
        self.counts["squares"].add_(targets.square().sum(0))
        self.counts["errors"].add_((outputs - targets).square().sum(0))
        self.counts["number"].add_(len(targets))

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The mean share; nan of fewer than two examples."""
        squares, errors, number = counts["squares"], counts["errors"], counts["number"]
        spread = squares - counts["sums"].square() / number
        constant = spread <= 1e-14 * squares  # as far as the sums can tell
        whole = torch.where(errors == 0, 1.0, 0.0).double()
        shares = torch.where(constant, whole, 1 - errors / spread)
        return torch.where(number > 1, shares.mean(), torch.nan)


class SignalToNoise(Quotient):
    """10 log10 of the squared range of the targets over the mean squared error; dB."""

    def __init__(self) -> None:
        infinite = torch.tensor(torch.inf, dtype=torch.float64)
        super().__init__(squared, lowest=infinite, highest=-infinite)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        super().update(outputs, targets)
        low, high = targets.aminmax()
        lowest, highest = self.counts["lowest"], self.counts["highest"]
        lowest.copy_(torch.minimum(lowest, low))
        highest.copy_(torch.maximum(highest, high))

    def added_up(self) -> dict[str, Tensor]:
        """The counts of all processes together."""
        ends = {name: self.counts[name].clone() for name in ("lowest", "highest")}
        dist.all_reduce(ends["lowest"], dist.ReduceOp.MIN)
        dist.all_reduce(ends["highest"], dist.ReduceOp.MAX)
        return super().added_up() | ends

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The ratio in dB; infinite where there is no error."""
        span = counts["highest"] - counts["lowest"]
        return 10 * (span.square() / super().figure(counts)).log10()

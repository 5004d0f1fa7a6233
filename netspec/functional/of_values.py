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


class Ranged(Metric):
    """A counter that knows the range of the targets: its counts `lowest`, `highest`."""

    def widen(self, low: Tensor, high: Tensor) -> None:
        """Count the ends of a batch."""
        lowest, highest = self.counts["lowest"], self.counts["highest"]
        lowest.copy_(torch.minimum(lowest, low))
        highest.copy_(torch.maximum(highest, high))

    def added_up(self) -> dict[str, Tensor]:
        """The counts of all processes together."""
        ends = {name: self.counts[name].clone() for name in ("lowest", "highest")}
        dist.all_reduce(ends["lowest"], dist.ReduceOp.MIN)
        dist.all_reduce(ends["highest"], dist.ReduceOp.MAX)
        return super().added_up() | ends


class Determination(Ranged):
    """The share of the variance that is told, averaged over the values that have any.

    Outputs and targets are [N, values]. Of a target that never changes there is
    nothing to tell, whatever the outputs are. Sums are of what targets are above the
    lowest: squares of targets far from 0 would leave no digits of their spread.
    """

    def __init__(self, values: int) -> None:
        none = torch.zeros(values, dtype=torch.float64)
        number = torch.zeros((), dtype=torch.float64)
        ends = {"lowest": none + torch.inf, "highest": none - torch.inf}
        super().__init__(sums=none, squares=none, errors=none, number=number, **ends)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        targets = targets.double()
        low, high = targets.aminmax(dim=0)
        self.lower(torch.minimum(self.counts["lowest"], low))
        above = targets - self.counts["lowest"]
        self.counts["sums"].add_(above.sum(0))
        self.counts["squares"].add_(above.square().sum(0))
        self.counts["errors"].add_((outputs - targets).square().sum(0))
        self.counts["number"].add_(len(targets))
        self.widen(low, high)

    def lower(self, lowest: Tensor) -> None:
        """Have the sums begin at a number that is as low as all targets, or lower."""
        sums, number = self.counts["sums"], self.counts["number"]
        by = (self.counts["lowest"] - lowest).where(number > 0, 0.0)
        self.counts["squares"].add_(by * (2 * sums + number * by))
        sums.add_(number * by)
        self.counts["lowest"].copy_(lowest)

    def added_up(self) -> dict[str, Tensor]:
        """The counts of all processes together, whose sums begin at the same number."""
        lowest = self.counts["lowest"].clone()
        dist.all_reduce(lowest, dist.ReduceOp.MIN)
        self.lower(lowest)
        return super().added_up()

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The mean share; nan where no target changes, as none of a single example."""
        spread = counts["squares"] - counts["sums"].square() / counts["number"]
        constant = counts["lowest"] == counts["highest"]
        shares = torch.where(constant, 0.0, 1 - counts["errors"] / spread)
        return shares.sum() / (~constant).sum()


class SignalToNoise(Ranged, Quotient):
    """10 log10 of the squared range of the targets over the mean squared error; dB."""

    def __init__(self) -> None:
        infinite = torch.tensor(torch.inf, dtype=torch.float64)
        super().__init__(squared, lowest=infinite, highest=-infinite)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        super().update(outputs, targets)
        self.widen(*targets.aminmax())

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The ratio in dB; infinite where there is no error."""
        span = counts["highest"] - counts["lowest"]
        return 10 * (span.square() / super().figure(counts)).log10()

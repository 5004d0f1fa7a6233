"""The figure by which epochs are compared: for the best weights, those kept, and an early end. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netspec.recipe.metrics import Metric
from netspec.training.keeping.metrics_file import Epoch


@dataclass(frozen=True, slots=True)
class Monitor:
    """A figure of epochs: on the held-out images where there are any, or else over those of the training."""

    figure: str = "loss"

    def name(self, epoch: Epoch) -> str:
        """Its name in ``metrics.json``."""
        return f"validation_{self.figure}" if epoch.validation else self.figure

    def cost(self, epoch: Epoch) -> float:
        """The figure as a number of which less is better; infinite where it is none."""
        value = (epoch.validation or epoch.figures).get(self.figure, math.nan)
        metric = Metric.of_figure(self.figure)
        found = -value if metric is not None and metric.higher else value
        return math.inf if math.isnan(found) else found

    def ranked(self, epochs: Sequence[Epoch]) -> list[Epoch]:
        """The epochs, the best first; of equal ones the earlier."""
        return sorted(epochs, key=lambda epoch: (self.cost(epoch), epoch.epoch))

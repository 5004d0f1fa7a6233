"""The figure by which epochs are compared: for the best weights, those kept, and an early end. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netspec.functional.schedules import best_first
from netspec.recipe.metrics import Metric
from netspec.training.keeping.metrics_file import Epoch
from netspec.training.showing.figures import title


@dataclass(frozen=True, slots=True)
class Monitor:
    """A figure of epochs: on the held-out images where there are any, or else over those of the training.

    Where it is unknown in every epoch, they are compared by the loss.
    """

    figure: str = "loss"

    def name(self, epoch: Epoch) -> str:
        """Its name in ``metrics.json``, or the loss's where it is unknown."""
        figure = "loss" if self.unknown([epoch]) else self.figure
        return f"validation_{figure}" if epoch.validation else figure

    def cost(self, epoch: Epoch) -> float:
        """The figure as a number of which less is better; infinite where it is unknown."""
        value = (epoch.validation or epoch.figures).get(self.figure, math.nan)
        metric = Metric.of_figure(self.figure)
        found = -value if metric is not None and metric.higher else value
        return math.inf if math.isnan(found) else found

    def ranked(self, epochs: Sequence[Epoch]) -> list[Epoch]:
        """The epochs, the best first; of equal ones the earlier."""
        losses = list(map(Monitor().cost, epochs))
        return [epochs[index] for index in best_first(list(map(self.cost, epochs)), losses)]

    def unknown(self, epochs: Sequence[Epoch]) -> bool:
        """Whether it is unknown in all of these epochs."""
        return all(self.cost(epoch) == math.inf for epoch in epochs)


def unknown_figures(choosing: Monitor, ending: Monitor | None, epochs: Sequence[Epoch]) -> list[str]:
    """Notes on figures that are unknown in every epoch: by what the best was chosen, and that none counted for the end.

    Args:
        choosing: What chooses the best epoch.
        ending: What ends the run early; None where nothing does.
        epochs: Those of the run.
    """
    part = "validation" if epochs[0].validation else "training"
    notes = []
    if choosing.unknown(epochs):
        best = (
            "the first is taken for the best" if Monitor().unknown(epochs) else "the lowest loss says which is the best"
        )
        notes.append(f"{part} {title(choosing.figure)} is unknown in every epoch: {best}")
    if ending and ending.unknown(epochs):
        notes.append(f"{part} {title(ending.figure)} is unknown in every epoch: none counts for `early_stopping`")
    return notes

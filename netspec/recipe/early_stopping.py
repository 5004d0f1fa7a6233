"""Stopping once the loss falls no more. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from netspec.functional.stopping import stops
from netspec.recipe.parts import Settings


class EarlyStopping(Settings):
    """The settings `early_stopping`. The loss is the one that chooses the best epoch: of the held-out images, if any.

    Attributes:
        patience: So many epochs in a row without a lower loss end the run.
        min_delta: By how much a loss has to be lower to count.
    """

    patience: int = Field(gt=0)
    min_delta: float = Field(0.0, ge=0)

    def stops(self, losses: Sequence[float]) -> bool:
        """Whether a run ends after these epochs' losses."""
        return stops(losses, self.patience, self.min_delta)

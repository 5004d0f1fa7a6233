"""The times at which a run saves itself. Imports no torch."""

from __future__ import annotations

from pydantic import Field

from netspec.recipe.parts import Settings


class Checkpointing(Settings):
    """The settings `checkpoint`. A run is also saved at the end of every epoch, and when it is interrupted.

    Attributes:
        seconds: So many seconds after the last time; none for never.
        steps: Every so many steps; none for never.
    """

    seconds: float | None = Field(300.0, gt=0)
    steps: int | None = Field(None, gt=0)

    def due(self, step: int, seconds: float) -> bool:
        """Whether to save after a step.

        Args:
            step: Steps done since the start of the run.
            seconds: Since the last time that it was saved.
        """
        if self.steps is not None and step % self.steps == 0:
            return True
        return self.seconds is not None and seconds >= self.seconds

"""Settings of a run that are no choice: when it saves itself, when it stops early, how weights are averaged."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from netspec.functional.schedules import decay_at, kept_at, stops
from netspec.recipe.parts import MOST_COUNTED, Settings


class Checkpointing(Settings):
    """The settings `checkpoint`. A run is also saved at the end of every epoch, and when it is interrupted.

    Attributes:
        seconds: So many seconds after the last time; none for never.
        steps: Every so many steps; none for never.
        monitor: The figure that chooses the best epoch, on the held-out images if there are any; none for the loss.
        keep: The number of best epochs whose weights are kept.
    """

    seconds: float | None = Field(300.0, gt=0)
    steps: int | None = Field(None, gt=0, le=MOST_COUNTED)
    monitor: str | None = None
    keep: int = Field(1, ge=1, le=MOST_COUNTED)

    def due(self, step: int, seconds: float) -> bool:
        """Whether to save after a step.

        Args:
            step: Steps done since the start of the run.
            seconds: Since the last time that it was saved.
        """
        if self.steps is not None and step % self.steps == 0:
            return True
        return self.seconds is not None and seconds >= self.seconds


class EarlyStopping(Settings):
    """The settings `early_stopping`.

    Attributes:
        patience: So many epochs in a row without a better figure end the run.
        min_delta: By how much a figure has to be better to count.
        monitor: The figure; none for the one that chooses the best epoch.
    """

    patience: int = Field(gt=0, le=MOST_COUNTED)
    min_delta: float = Field(0.0, ge=0)
    monitor: str | None = None

    def stops(self, losses: Sequence[float]) -> bool:
        """Whether a run ends after these epochs' losses, or other figures of which less is better."""
        return stops(losses, self.patience, self.min_delta)


class Averaging(Settings):
    """Base of the settings by which weights that judge follow those that learn."""

    def at(self, step: int, total: int) -> float | None:
        """What is left of them at a step, counted from 0, of so many; the weights bring in the rest. None keeps all."""
        raise NotImplementedError

    @property
    def calls_back(self) -> bool:
        """Whether the weights that learn go on from them, each time that they have moved."""
        return False


class Ema(Averaging):
    """The settings `ema`.

    Attributes:
        decay: What a step leaves of the average; the weights bring in the rest.
        warmup: Whether the decay is at most (1 + step) / (10 + step), so that the weights as they were drawn are soon
            forgotten, as TensorFlow's ExponentialMovingAverage has it with `num_updates`.
    """

    decay: float = Field(0.999, ge=0, lt=1)
    warmup: bool = False

    def at(self, step: int, total: int) -> float | None:
        return decay_at(step, self.decay, self.warmup)


class Lookahead(Averaging):
    """The settings `lookahead` (arXiv:1907.08610).

    Attributes:
        every: After so many steps the slow weights move towards the fast ones, which then go on from there.
        alpha: How far they move, at first.
        power: How fast this shrinks: 1 - (1 - alpha) t^power at the share t of the run; 0 leaves it.
    """

    every: int = Field(5, gt=0, le=MOST_COUNTED)
    alpha: float = Field(0.5, gt=0, le=1)
    power: float = Field(0.0, ge=0)

    def at(self, step: int, total: int) -> float | None:
        return kept_at(step, total, self.every, self.alpha, self.power)

    @property
    def calls_back(self) -> bool:
        return True

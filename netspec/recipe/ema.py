"""The exponential moving average of the weights, which judges in their place."""

from __future__ import annotations

from pydantic import Field

from netspec.functional.schedules import decay_at
from netspec.recipe.parts import Settings


class Ema(Settings):
    """The settings `ema`.

    Attributes:
        decay: What a step leaves of the average; the weights bring in the rest.
        warmup: Whether the decay is at most (1 + step) / (10 + step), so that the weights as they were drawn are soon
            forgotten, as TensorFlow's ExponentialMovingAverage has it with `num_updates`.
    """

    decay: float = Field(0.999, ge=0, lt=1)
    warmup: bool = False

    def at(self, step: int) -> float:
        """The decay of a step, counted from 0."""
        return decay_at(step, self.decay, self.warmup)

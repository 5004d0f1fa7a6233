"""Sources of random numbers."""

from typing import ClassVar, Literal

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Bounds, Example, Shapes, Weightless, refuse_option
from netspec.layers.reach import Along, Reach
from netspec.layers.traits import ANYTHING

Draws = Literal["always", "training"]


class _Random(Weightless):
    """Numbers of the input's shape that do not depend on its elements; no gradient reaches it."""

    main: ClassVar = "draws"
    examples: ClassVar[tuple[Example, ...]] = (Example({}, ((16,),)), Example({"draws": "training"}, ((3, 8, 8),)))

    draws: Draws = Field("always", description="When it draws; `training`: their mean in evaluation.")

    @property
    def repeatable(self) -> bool:
        """Only where evaluation draws nothing."""
        return self.draws != "always"

    @property
    def in_evaluation(self) -> str:
        """The mean, or numbers drawn anew."""
        return "numbers drawn anew, as in training" if not self.repeatable else f"their mean, {self._mean():g}"

    def _mean(self) -> float:
        return 0.0

    def receptive_field(self, inputs: Shapes) -> Reach:
        """Nothing of the input but its shape."""
        return Reach(tuple(Along(axis, 1, (None,)) for axis in range(len(inputs[0]))))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A tensor without a gradient, made anew."""
        (x,) = inputs
        return (tape.operation([], x.shape, dtype=x.dtype),)


class RandomNormal(_Random):
    """Standard normal numbers of the input's shape: a VAE's noise is ``{random_normal: , from: mean}``.

    Any shape, which it keeps. They are drawn by torch's global generator, which `torch.manual_seed` seeds, or by the
    module's own where its attribute `generator` is given one. With ``draws: training``, evaluation gives zeros.
    """

    op: ClassVar = "random_normal"
    drawless: ClassVar = "`random_normal: training` can be exported: it gives zeros in evaluation"
    target: ClassVar = "netspec.nn.RandomNormal"

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """None."""
        return ANYTHING


class RandomUniform(_Random):
    """Uniform numbers from `low` to `high`, of the input's shape.

    Any shape, which it keeps. They are drawn by torch's global generator, which `torch.manual_seed` seeds, or by the
    module's own where its attribute `generator` is given one. With ``draws: training``, evaluation gives their mean.
    """

    op: ClassVar = "random_uniform"
    drawless: ClassVar = "`random_uniform: training` can be exported: it gives its mean in evaluation"
    target: ClassVar = "netspec.nn.RandomUniform"
    examples: ClassVar = (*_Random.examples, Example({"low": -0.5, "high": 0.5}, ((4, 4, 4),)))

    low: float = Field(0.0, description="The least number.")
    high: float = Field(1.0, description="The number that all are below.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a range that ends before it begins."""
        if self.low > self.high:
            refuse_option(
                "high", "the range ends before it begins", found=f"{self.high:g}", expected=f"at least {self.low:g}"
            )
        return inputs

    def _mean(self) -> float:
        return self.low + (self.high - self.low) / 2

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """Its ends."""
        return self.low, self.high

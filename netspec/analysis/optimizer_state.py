"""What an optimizer remembers from step to step, which is memory that training takes."""

from __future__ import annotations

from netspec.objects.immutable import immutable

COUNTER_BYTES = 4


@immutable
class OptimizerState:
    """What an optimizer remembers.

    Attributes:
        name: The optimizer's.
        slots: Numbers for each weight that learns, of the weight's type: 1 for a momentum, 2 for Adam's two means.
        counters: Further numbers for each tensor, in float32: 1 where it counts steps.
        matrices: What it remembers of tensors with two axes, where that is something else.
    """

    name: str = "sgd"
    slots: int = 0
    counters: int = 0
    matrices: OptimizerState | None = None

    def bytes(self, axes: int, size: int) -> int:
        """What it remembers of a tensor with so many axes that takes `size` bytes."""
        if axes == 2 and self.matrices is not None:
            return self.matrices.bytes(axes, size)
        return self.slots * size + self.counters * COUNTER_BYTES


PLAIN_SGD = OptimizerState()

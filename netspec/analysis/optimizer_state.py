"""The state of an optimizer between steps, which takes memory in training."""

from __future__ import annotations

from netspec.objects.immutable import immutable

COUNTER_BYTES = 4


@immutable
class OptimizerState:
    """The state of an optimizer.

    Attributes:
        name: The optimizer's name.
        slots: Numbers for each weight that learns, of the weight's type: 1 for a momentum, 2 for Adam's two means.
        counters: Further numbers for each tensor, in float32: 1 where it counts steps.
        matrices: The state for each tensor with two axes, where it differs.
        kernels: Whether that of tensors with four axes and more is the same as of those with two.
    """

    name: str = "sgd"
    slots: int = 0
    counters: int = 0
    matrices: OptimizerState | None = None
    kernels: bool = False

    def bytes(self, axes: int, size: int) -> int:
        """The bytes of the state for a tensor with this many axes and `size` bytes."""
        if self.matrices is not None and (axes == 2 or (self.kernels and axes >= 4)):
            return self.matrices.bytes(axes, size)
        return self.slots * size + self.counters * COUNTER_BYTES


PLAIN_SGD = OptimizerState()

"""What was exported, as plain data. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from netspec.objects.immutable import immutable
from netspec.shape import Shape


@immutable
class Port:
    """An input or an output: its shape without the batch, and the axes of it that may have any size."""

    name: str
    dtype: str
    shape: Shape
    dynamic: tuple[int, ...] = ()


@immutable
class Difference:
    """How far an output is from torch's: the largest difference of two elements over the largest element."""

    output: str
    batch: int
    relative: float


@immutable
class Exported:
    """An exported network.

    Attributes:
        name: The network's.
        format: Name of the format.
        files: Size in bytes by path; the first is the one that was asked for.
        weights: Where they are from; None where they are random.
        seed: Of random weights and of the inputs that were compared.
        inputs: What it takes.
        differences: From torch in evaluation mode, for every output and batch.
        tolerance: The largest difference that is let pass.
        opset: Version of ONNX's operators.
        exporter: Which of torch's exporters to ONNX made it.
        notes: What else there is to say, a sentence each.
    """

    name: str
    format: str
    files: dict[str, int]
    weights: str | None
    seed: int
    inputs: tuple[Port, ...]
    differences: tuple[Difference, ...]
    tolerance: float
    opset: int | None = None
    exporter: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def largest(self) -> float:
        """The largest of the differences."""
        return max((each.relative for each in self.differences), default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data, for ``--json``."""
        assert math.isfinite(self.largest)
        return {**asdict(self), "largest_difference": self.largest}

"""The result of an export, as plain data. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from netspec.objects.immutable import immutable
from netspec.shape import Shape


@immutable
class Port:
    """An input or an output: its shape without the batch, its axes of any size, and whether it has a batch."""

    name: str
    dtype: str
    shape: Shape
    dynamic: tuple[int, ...] = ()
    batched: bool = True


@immutable
class Difference:
    """The distance of an output from torch's: the largest difference of two elements over the largest element."""

    output: str
    batch: int
    relative: float


@immutable
class Made:
    """A written and compared file, not yet in its place: for ONNX, by which of torch's exporters and in which opset."""

    differences: tuple[Difference, ...]
    opset: int | None = None
    exporter: str | None = None
    notes: tuple[str, ...] = ()


@immutable
class Exported:
    """An exported network.

    Attributes:
        name: The network's name.
        format: Name of the format.
        files: Size in bytes by path; the first is the requested file.
        weights: Their source; None where they are random.
        seed: Seed of random weights and of the compared inputs.
        inputs: The inputs.
        differences: Differences from torch in evaluation mode, for every output and batch.
        tolerance: The largest permitted difference.
        opset: Version of ONNX's operators.
        exporter: The name of torch's exporter to ONNX that made it.
        notes: Remarks, a sentence each.
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

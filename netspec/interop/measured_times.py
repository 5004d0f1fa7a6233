"""The measured times of a network: of passes, and of its layers. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from netspec.objects.immutable import immutable
from netspec.shape import Shape


def percentile(seconds: Sequence[float], share: int) -> float:
    """The least of the times that this share of them, in per cent, do not exceed (nearest rank); shortest first."""
    return seconds[max(ceil(share / 100 * len(seconds)), 1) - 1]


@immutable
class Latencies:
    """The times of single passes over a batch.

    Attributes:
        batch: Examples in the batch.
        seconds: The time of each pass, from the call until the device has the outputs, shortest first.
        macs: Multiply-accumulates of the batch; None is unknown.
        regions: The regions that a detector's heads ran on in a pass over the batch; None where it has no regions.
    """

    batch: int
    seconds: Sequence[float]
    macs: int | None
    regions: int | None = None

    def percentile(self, share: int) -> float:
        """The least time that this share of the passes, in per cent, do not exceed."""
        return percentile(self.seconds, share)

    @property
    def throughput(self) -> float:
        """Examples a second, at the median time."""
        return self.batch / self.percentile(50)

    @property
    def macs_per_second(self) -> float | None:
        """Multiply-accumulates a second, at the median time."""
        return None if self.macs is None else self.macs / self.percentile(50)


@immutable
class LayerTimes:
    """The times of the modules that compute layers, in passes of their own, in which each waits for the device.

    Attributes:
        batch: Examples in the batch.
        seconds: The times by module path, of all its calls in a pass together, in the order of execution; of each pass,
            shortest first.
        macs: Multiply-accumulates of the batch by module path; None is unknown.
        rest: The times of each pass that lie between modules, shortest first: functions such as ``add``, and Python.
    """

    batch: int
    seconds: Mapping[str, Sequence[float]]
    macs: Mapping[str, int | None]
    rest: Sequence[float]

    @property
    def modules(self) -> dict[str, float]:
        """The median time by module path."""
        return {path: percentile(each, 50) for path, each in self.seconds.items()}

    @property
    def between(self) -> float:
        """The median time between modules."""
        return percentile(self.rest, 50)

    @property
    def total(self) -> float:
        """The sum of all medians, which need not be the median of whole passes."""
        return sum(self.modules.values()) + self.between


@immutable
class Timing:
    """The measured times of a network.

    Attributes:
        name: The network's name.
        device: The device, as torch and its driver name it.
        precision: The name of the precision.
        latencies: The times of passes, for each size of a batch.
        layers: The times of layers, for each size of a batch; empty where they were not asked for.
        shapes: Shapes of the inputs by name, without the batch: those that are fed.
        detects: Whether it is a detector.
    """

    name: str
    device: str
    precision: str
    latencies: tuple[Latencies, ...]
    layers: tuple[LayerTimes, ...]
    shapes: Mapping[str, Shape]
    detects: bool = False

"""The meter of every task: the loss, metrics, and a confusion matrix. Imports torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, distributed

from netspec.functional.figures import Figures, Metric, read
from netspec.functional.of_labels import AveragePrecision, LabelF1
from netspec.functional.ranking import Ranking
from netspec.recipe.measuring.saved_values import fields, same_tensors, whole

if TYPE_CHECKING:
    from netspec.recipe.tasks.base import Compared


class Meter:
    """Counts the loss and metrics of a round, on the device; all processes together.

    Args:
        metrics: The functions that make the metrics' counters, by the names of their figures.
        compared: Brings outputs and targets to the form that the metrics take.
        device: The device to count on.
        confusion: Counts the confusion matrix, or None.
        weighing: Gives the weight of a batch's mean loss, from its targets; None for its rows.

    Attributes:
        stepped: The figures of ranks, of those that were told last, that are approximate: of too many scores to keep.
    """

    def __init__(
        self,
        metrics: Mapping[str, Callable[[], Metric]],
        compared: Compared,
        device: torch.device,
        confusion: Metric | None = None,
        weighing: Callable[[Tensor], Tensor | int] | None = None,
    ) -> None:
        self._figures, self._confusion = Figures(metrics, device), confusion
        if confusion is not None:
            confusion.to(device)
        self._compared, self._weighing = compared, weighing
        self.stepped: tuple[str, ...] = ()
        self._batches = 0

    @torch.no_grad()
    def update(self, outputs: Tensor, targets: Tensor, loss: Tensor) -> None:
        """Count a batch. Does not wait for the device.

        Args:
            outputs: The network's main output, [N, ...].
            targets: The result of `Task.targets`: class probabilities [N, classes, ...] count as their likeliest class.
            loss: The batch's mean, a scalar.
        """
        self._batches += 1
        given, wanted = self._compared(outputs.detach(), targets)
        self._figures.update(given, wanted, loss, self._weighing and self._weighing(targets))
        if self._confusion is not None:
            self._confusion.update(given, wanted)

    def figures(self) -> dict[str, float]:
        """The figures so far by the names of ``metrics.json``: ``loss``, ``accuracy``, ...

        Shares are fractions; a figure of which nothing was counted is nan. Reads the device once; where there are
        several processes, all must call it.
        """
        counted, self.stepped = self._figures.counted, ()
        if not self._batches and not _together():
            return dict.fromkeys(counted, math.nan)
        totals = {name: _totals(metric) for name, metric in counted.items()}
        ranks = {name: each for name, each in counted.items() if isinstance(each, Ranking)}
        self.stepped = tuple(name for name, each in ranks.items() if each.ranked(totals[name]) is None)
        return read({name: metric.figure(totals[name]) for name, metric in counted.items()})

    def loss_weight(self) -> float:
        """What all examples so far weigh together in the mean loss; of several processes all must call it."""
        return float(_totals(self._figures.loss)["denominator"])

    def confusion(self) -> Tensor | None:
        """Examples by their class (rows) and the predicted class (columns), int64 on the CPU, or None."""
        if self._confusion is None:
            return None
        return self._confusion.figure(_totals(self._confusion)).cpu()

    def each(self) -> dict[str, list[float]]:
        """The figures of each label by name, in the labels' order; empty where no metric tells any."""
        of_labels = [each for each in self._figures.counted.values() if isinstance(each, LabelF1 | AveragePrecision)]
        return {name: values.tolist() for each in of_labels for name, values in each.each(_totals(each)).items()}

    def reset(self) -> None:
        """Begin anew, in the same memory."""
        self._batches = 0
        for metric in self._all().values():
            metric.reset()

    def state(self) -> dict[str, Any]:
        """The counts so far of all processes together, as tensors and plain data; all must call it."""
        found: dict[str, Any] = {"batches": self._batches}
        for name, metric in self._all().items():
            found[name] = {key: count.detach().to("cpu", copy=True) for key, count in _totals(metric).items()}
        return found

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on counting from a saved state; only one of several processes does.

        Raises:
            Misfit: The state is none of this meter's.
        """
        batches = whole(fields(state, ("batches", *self._all()), "the meter")["batches"], 0, 2**62, "batches")
        for name, metric in self._all().items():
            for key, value in same_tensors(state[name], metric.counts, f"the meter's `{name}`").items():
                metric.counts[key].copy_(value)
        self._batches = batches

    def _all(self) -> dict[str, Metric]:
        confusion = {"confusion": self._confusion} if self._confusion else {}
        return {**self._figures.counted, **confusion}


class Meters:
    """Counts the losses and metrics of several outputs, on the device; all processes together.

    Args:
        of: The meter of each output.
        weights: The weight of each output's loss in the sum.
    """

    def __init__(self, of: Mapping[str, Meter], weights: Mapping[str, float]) -> None:
        self.of, self._weights = dict(of), weights

    def update(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor], loss: Mapping[str, Tensor]) -> None:
        """Count a batch. Does not wait for the device.

        Args:
            outputs: Those of the network by name, [N, ...] each.
            targets: The result of `Objectives.targets`.
            loss: The batch's means by name: `loss`, `digit.loss`, ...
        """
        for name, meter in self.of.items():
            meter.update(outputs[name], targets[name], loss[f"{name}.loss"])

    def figures(self) -> dict[str, float]:
        """The figures so far by the names of ``metrics.json``: ``loss``, ``digit.loss``, ``digit.accuracy``, ..."""
        found = {name: meter.figures() for name, meter in self.of.items()}
        told = {name: each["loss"] for name, each in found.items() if self.of[name].loss_weight()}
        loss = math.nan if not told else sum(self._weights[name] * value for name, value in told.items())
        return {"loss": loss, **{f"{name}.{key}": value for name, each in found.items() for key, value in each.items()}}

    @property
    def stepped(self) -> tuple[str, ...]:
        """The approximate figures of all outputs."""
        return tuple(f"{name}.{figure}" for name, meter in self.of.items() for figure in meter.stepped)

    def confusion(self) -> None:
        """No confusion matrix of all together; each output's own meter has one."""

    def each(self) -> dict[str, list[float]]:
        """No figures of labels of all together."""
        return {}

    def reset(self) -> None:
        """Begin anew, in the same memory."""
        for meter in self.of.values():
            meter.reset()

    def state(self) -> dict[str, Any]:
        """The counts so far of all processes together, as tensors and plain data; all must call it."""
        return {name: meter.state() for name, meter in self.of.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on counting from a saved state; only one of several processes does.

        Raises:
            Misfit: The state is none of these meters'.
        """
        each = fields(state, tuple(self.of), "the meters of the outputs")
        for name, meter in self.of.items():
            meter.restore(each[name])


class AnyMeter(Protocol):
    """What `Meter` and `Meters` have in common."""

    def update(self, outputs: Any, targets: Any, loss: Any) -> None:
        """Count a batch."""

    def figures(self) -> dict[str, float]:
        """The figures so far by name."""


def _totals(metric: Metric) -> Mapping[str, Tensor]:
    """The counts of all processes."""
    return metric.added_up() if _together() else metric.counts


def _together() -> bool:
    """Whether other processes count, too: then they wait for this one, whether it has counted anything or not."""
    return distributed.is_available() and distributed.is_initialized()


def labels_of(targets: Tensor, outputs: Tensor) -> Tensor:
    """Classes as they are; for class probabilities, shaped like the outputs, the likeliest class."""
    return targets.argmax(1) if targets.is_floating_point() and targets.shape == outputs.shape else targets

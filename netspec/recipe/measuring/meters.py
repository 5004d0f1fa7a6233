"""The meter of every task: the loss, metrics, and a confusion matrix. Imports torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
import torchmetrics
from torch import Tensor, distributed

from netspec.recipe.measuring.counting import Quotient
from netspec.recipe.measuring.saved_values import fields, same_tensors, whole

if TYPE_CHECKING:
    from netspec.recipe.tasks.base import Compared


class Meter:
    """Counts the loss and metrics of a round, on the device; all processes together.

    Args:
        metrics: The metrics by the names of their figures.
        compared: Brings outputs and targets to the form that the metrics take.
        device: The device to count on.
        confusion: Counts the confusion matrix, or None.
    """

    def __init__(
        self,
        metrics: Mapping[str, torchmetrics.Metric],
        compared: Compared,
        device: torch.device,
        confusion: torchmetrics.Metric | None = None,
    ) -> None:
        self._loss = Quotient(lambda outputs, loss: (loss * len(outputs), len(outputs))).to(device)
        self._metrics = {name: metric.set_dtype(torch.float64).to(device) for name, metric in metrics.items()}
        self._confusion = confusion.to(device) if confusion else None
        counted = [*self._metrics.values(), *([self._confusion] if self._confusion else [])]
        self._counts = [m.count if isinstance(m, Quotient) else m.update for m in counted]
        self._compared = compared
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
        self._loss.count(outputs, loss.detach().double())
        given, wanted = self._compared(outputs.detach(), targets)
        for count in self._counts:
            count(given, wanted)

    def figures(self) -> dict[str, float]:
        """The figures so far by the names of ``metrics.json``: ``loss``, ``accuracy``, ...

        Shares are fractions; a figure of which nothing was counted is nan. Reads the device once; where there are
        several processes, all must call it.
        """
        found = {"loss": self._loss, **self._metrics}
        if not self._batches and not _together():
            return dict.fromkeys(found, math.nan)
        values = torch.stack([metric.compute().double().reshape(()) for metric in found.values()]).tolist()
        return dict(zip(found, values, strict=True))

    def confusion(self) -> Tensor | None:
        """Examples by their class (rows) and the predicted class (columns), int64 on the CPU, or None."""
        if self._confusion is None:
            return None
        counts: Tensor = self._confusion.compute()
        return counts.long().cpu()

    def reset(self) -> None:
        """Begin anew, in the same memory."""
        self._batches = 0
        for metric in self._all().values():
            metric.reset()

    def state(self) -> dict[str, Any]:
        """The counts so far of all processes together, as tensors and plain data; all must call it."""
        found: dict[str, Any] = {"batches": self._batches}
        for name, metric in self._all().items():
            with metric.sync_context():
                found[name] = {key: torch.as_tensor(value).cpu().clone() for key, value in metric.metric_state.items()}
        return found

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on counting from a saved state; only one of several processes does.

        Raises:
            Misfit: The state is none of this meter's.
        """
        batches = whole(fields(state, ("batches", *self._all()), "the meter")["batches"], 0, 2**62, "batches")
        for name, metric in self._all().items():
            counts = {key: getattr(metric, key) for key in metric.metric_state}
            for key, value in same_tensors(state[name], counts, f"the meter's `{name}`").items():
                counts[key].copy_(value)
            metric._update_count = batches
        self._batches = batches

    def _all(self) -> dict[str, torchmetrics.Metric]:
        confusion = {"confusion": self._confusion} if self._confusion else {}
        return {"loss": self._loss, **self._metrics, **confusion}


def _together() -> bool:
    """Whether other processes count, too: then they wait for this one, whether it has counted anything or not."""
    return distributed.is_available() and distributed.is_initialized()


def labels_of(targets: Tensor, outputs: Tensor) -> Tensor:
    """Classes as they are; for class probabilities, shaped like the outputs, the likeliest class."""
    return targets.argmax(1) if targets.is_floating_point() and targets.shape == outputs.shape else targets

"""What a run writes down beside its weights: metrics, a table of the epochs, TensorBoard's events, pictures."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import Tensor

from netspec.files import within, write_within
from netspec.run_folder import CONFUSION, CURVES, EVENTS, METRICS, TABLE
from netspec.train.losses import Loss
from netspec.train.pictures.confusion import confusion
from netspec.train.pictures.curves import curves
from netspec.train.records import Epoch, csv_text, json_text
from netspec.train.tensorboard import Events

_DRAW_EVERY = 30.0
"""Seconds between two drawings while a run goes on: one takes about half a second."""


class Journal:
    """The records in a run's folder. Of several processes the first alone keeps one.

    Pictures are drawn where matplotlib is installed, events written where tensorboard is.
    """

    def __init__(self, folder: Path, resumed: int | None = None) -> None:
        """Open it.

        Args:
            folder: The run's.
            resumed: The last step of the last epoch that a run which is taken up has behind it; None for a new run.
        """
        self._folder, self._drawn = folder, time.perf_counter()
        self._events = Events(within(folder, EVENTS, stat.S_IFDIR), None if resumed is None else resumed + 1)

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is over."""
        self._events.epoch(epoch.step, epoch.row())

    def write(self, metrics: Mapping[str, Any], epochs: Sequence[Epoch]) -> None:
        """Write metrics and table as they now are.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        write_within(self._folder, METRICS, json_text(metrics))
        write_within(self._folder, TABLE, csv_text(epochs))

    def draw(
        self,
        metrics: Mapping[str, Any],
        epochs: Sequence[Epoch],
        counts: Tensor | None,
        rates: Sequence[tuple[float, float]],
    ) -> None:
        """Draw curves and confusion matrix: when the run is over, and now and then before.

        Args:
            metrics: As for `write`.
            epochs: Those that are over.
            counts: Test examples by their class (rows) and the class told (columns), or None.
            rates: The learning rate at times, in epochs.
        """
        if metrics["state"] == "running" and time.perf_counter() - self._drawn < _DRAW_EVERY:
            return
        name, best = self._folder.resolve().name, metrics["best"]
        if epochs:
            rows = [epoch.row() for epoch in epochs]
            unit = _unit(metrics["recipe"]["loss"])
            chosen = best and best["epoch"]
            self._picture(CURVES, lambda: curves(rows, title=name, loss_unit=unit, best=chosen, rates=rates), metrics)
        if counts is not None:
            classes = metrics["data"]["classes"]
            self._picture(CONFUSION, lambda: confusion(counts.tolist(), classes, title=name), metrics)
        self._drawn = time.perf_counter()

    def close(self) -> None:
        """Write what is left."""
        self._events.close()

    def _picture(self, name: str, draw: Callable[[], bytes], metrics: Mapping[str, Any]) -> None:
        if find_spec("matplotlib") is None:
            return
        png = draw()
        write_within(self._folder, name, png)
        self._events.picture(metrics["steps"], Path(name).stem, png)


def _unit(loss: Mapping[str, Any]) -> str:
    """The unit of a loss, as the recipe writes it."""
    kind = Loss.members[next(iter(loss))]
    return kind.unit if issubclass(kind, Loss) else ""

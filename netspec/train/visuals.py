"""What a run shows for the eyes: curves, the confusion matrix, TensorBoard's events. Written while the run goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.files import write_atomic
from netspec.run_folder import CONFUSION, CURVES, EVENTS
from netspec.train.tensorboard import Events

if TYPE_CHECKING:
    from netspec.train.evaluate import Score

_DRAW_EVERY = 30.0
"""Seconds between two drawings of the curves while a run goes on: one takes about half a second."""

Rows = Sequence[Mapping[str, float | None]]
"""The epochs so far, as ``metrics.json`` has them."""


class Visuals:
    """The pictures and events of a run. Of several processes the first alone makes them.

    Without matplotlib there are no pictures, without tensorboard no events: a run does not stand or fall by them.

    Args:
        folder: The run's.
        name: Over the pictures.
        loss_unit: Such as ``nats``.
        resumed: The step that the run goes on from; None where it is new.
    """

    def __init__(self, folder: Path, name: str, loss_unit: str = "", resumed: int | None = None) -> None:
        self.folder, self.name, self.loss_unit = folder, name, loss_unit
        self._events = Events(folder / EVENTS, resumed)
        self._draws = find_spec("matplotlib") is not None
        self._drawn = time.perf_counter()

    def epoch(self, rows: Rows, best: int | None) -> None:
        """An epoch is over.

        Args:
            rows: It is the last of these.
            best: The number of the best epoch so far, or None.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        latest = rows[-1]
        step = latest.get("step")
        self._events.epoch(int(step or 0), latest)
        if time.perf_counter() - self._drawn > _DRAW_EVERY:
            self._curves(rows, best)

    def end(self, rows: Rows, best: int | None, score: Score | None, classes: Sequence[str]) -> None:
        """The run is over, or is interrupted: everything is drawn for the last time.

        Args:
            rows: The epochs that are over.
            best: The number of the best epoch, or None.
            score: How the final weights did in the test, or on the validation images; None where they were not judged.
            classes: The names of the classes.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        step = int((rows[-1].get("step") if rows else 0) or 0)
        if rows:
            self._curves(rows, best)
        if score is not None:
            self._events.epoch(step, score.named("test"))
            if score.confusion is not None and self._draws:
                from netspec.train.pictures.confusion import confusion

                picture = confusion(score.confusion.tolist(), classes, title=self.name)
                write_atomic(self.folder / CONFUSION, picture)
                self._events.picture(step, "confusion", picture)
        self._events.close()

    def _curves(self, rows: Rows, best: int | None) -> None:
        if not self._draws:
            return
        from netspec.train.pictures.curves import curves

        picture = curves(rows, title=self.name, loss_unit=self.loss_unit, best=best)
        write_atomic(self.folder / CURVES, picture)
        self._drawn = time.perf_counter()

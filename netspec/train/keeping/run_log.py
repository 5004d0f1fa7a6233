"""The records beside a run's weights: metrics, a table of the epochs, TensorBoard's events, pictures."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import Tensor

from netspec.diagnostics.styled import printable
from netspec.files.run_folder import CONFUSION_TABLE, EVENTS, METRICS, TABLE, UNDRAWN
from netspec.files.writing import within, write_within
from netspec.train.keeping.metrics_file import Epoch, csv_text, json_text
from netspec.train.keeping.tensorboard import Events
from netspec.train.showing.pictures.of_run import attempt, counts_text, pictures

_DRAW_EVERY = 30.0
"""The least seconds between two drawings while a run goes on: one takes about half a second."""


class Journal:
    """The records in a run's folder. Only the first of several processes keeps them.

    Pictures are drawn where matplotlib is installed, events written where tensorboard is.
    """

    def __init__(
        self, folder: Path, resumed: int | None = None, note: Callable[[str], None] = lambda text: None
    ) -> None:
        """Open it.

        Args:
            folder: The run's.
            resumed: The last step of the last finished epoch of a run that is resumed; None for a new run.
            note: Tells of pictures that could not be drawn.
        """
        self._note = note
        self._undrawn: dict[str, str] = {}
        self._folder, self._drawn = folder, time.perf_counter()
        self._events = Events(within(folder, EVENTS, stat.S_IFDIR), None if resumed is None else resumed + 1)

    def epoch(self, epoch: Epoch) -> None:
        """Record an epoch that is over."""
        self._events.epoch(epoch.step, epoch.row())

    def write(self, metrics: Mapping[str, Any], epochs: Sequence[Epoch]) -> None:
        """Write metrics and table as they now are.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        told = {**metrics, UNDRAWN: self._undrawn} if self._undrawn else metrics
        write_within(self._folder, METRICS, json_text(told))
        write_within(self._folder, TABLE, csv_text(epochs))

    def draw(
        self,
        metrics: Mapping[str, Any],
        epochs: Sequence[Epoch],
        counts: Tensor | None,
        rates: Sequence[tuple[float, float]],
    ) -> None:
        """Draw curves and confusion matrix: when the run is over, and now and then before.

        A picture that cannot be drawn is noted and written down: a run goes on without its pictures.

        Args:
            metrics: As for `write`.
            epochs: Those that are over.
            counts: Test examples by their class (rows) and the predicted class (columns), or None.
            rates: The learning rate at times, in epochs.
        """
        if metrics["state"] == "running" and time.perf_counter() - self._drawn < _DRAW_EVERY:
            return
        rows = None if counts is None else counts.tolist()
        if rows is not None:
            write_within(self._folder, CONFUSION_TABLE, counts_text(rows, metrics["data"]["classes"]))
        before = dict(self._undrawn)
        if find_spec("matplotlib") is not None:
            name = self._folder.resolve().name
            for each, draw in pictures(name, metrics, [epoch.row() for epoch in epochs], rows, rates):
                self._picture(each, draw, metrics)
        if self._undrawn != before:
            self.write(metrics, epochs)
        self._drawn = time.perf_counter()

    def close(self) -> None:
        """Write the rest."""
        self._events.close()

    def _picture(self, name: str, draw: Callable[[], bytes], metrics: Mapping[str, Any]) -> None:
        def keep() -> None:
            png = draw()
            write_within(self._folder, name, png)
            self._events.picture(metrics["steps"], Path(name).stem, png)

        reason = attempt(keep)
        if reason is None:
            self._undrawn.pop(name, None)
        elif name not in self._undrawn:
            self._undrawn[name] = reason
            folder = printable(str(self._folder))
            self._note(f"{name} could not be drawn ({reason}); `netspec runs {folder} --draw` tries again")

"""The records beside a run's weights: metrics, a table of the epochs, pictures, and what loggers keep."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.files.run_folder import METRICS, PRECISIONS, TABLE, UNDRAWN, confusion_files
from netspec.files.writing import write_within
from netspec.recipe.loggers import Logged
from netspec.recipe.loggers.tensorboard import TensorBoard
from netspec.recipe.recipe import Recipe
from netspec.training.keeping.logs import Logs
from netspec.training.keeping.metrics_file import Epoch, csv_text, json_text
from netspec.training.keeping.steps_file import StepRow, steps_table
from netspec.training.showing.pictures.of_run import attempt, classes_told, counts_text, pictures
from netspec.training.showing.precisions import precisions_text

_DRAW_EVERY = 30.0
"""The least seconds between two drawings while a run goes on: one takes about half a second."""


class Journal:
    """The records in a run's folder. Only the first of several processes keeps them.

    A disk that refuses them, a full one say, stops no run: that is noted, and tried again the next time.

    Attributes:
        refused: Whether the latest metrics or table could not be written.
    """

    def __init__(
        self,
        folder: Path,
        resumed: int | None = None,
        note: Callable[[str], None] = lambda text: None,
        recipe: Recipe | None = None,
        *,
        past: Sequence[Epoch] = (),
        step: int = 0,
        draws: bool = True,
    ) -> None:
        """Open it.

        Args:
            folder: The run's.
            resumed: The last step of the last finished epoch of a run that is resumed; None for a new run.
            note: Tells of what could not be written, drawn or logged.
            recipe: The recipe, which names the loggers; without one figures go to TensorBoard alone.
            past: The epochs that are over.
            step: The step that the run goes on from.
            draws: Whether pictures are drawn, where matplotlib is installed.
        """
        self.refused = self._behind = False
        self._note = note
        self._undrawn: dict[str, str] = {}
        self._folder, self._drawn, self._draws = folder, time.perf_counter(), draws
        over = tuple((epoch.step, epoch.row()) for epoch in past)
        name, written = printable(folder.resolve().name), recipe.written() if recipe else {}
        self._table = steps_table(folder, recipe, step) if recipe else None
        if self._table is not None:
            if told := self._table.lacks:
                note(told)
            self._add(self._table.begin)
        run = Logged(folder, name, written, resumed, over, self._table or ())
        self._logs = Logs(run, recipe.log if recipe else (TensorBoard(),), note)

    def epoch(self, epoch: Epoch, weights: Mapping[str, Tensor] | None = None) -> None:
        """Record an epoch that is over; `weights` are those after it, where a logger wants them."""
        self._logs.all("epoch", epoch.step, epoch.row())
        if weights is not None:
            self._logs.all("weights", epoch.step, weights)

    def steps(self, row: StepRow) -> None:
        """Record some steps."""
        if self._table is not None:
            self._add(partial(self._table.add, row))
        self._logs.all("steps", row.step, row.figures())

    def settle(self) -> None:
        """Wait until the disk has the rows of all steps, before a checkpoint."""
        if self._table is not None:
            self._add(self._table.settle)

    def write(self, metrics: Mapping[str, Any], epochs: Sequence[Epoch]) -> None:
        """Write metrics and table as they now are; loggers are told of the end of the run, and of its test.

        Raises:
            NetspecError: NS0925: a link stands in their place.
        """
        try:
            self._write(metrics)
            write_within(self._folder, TABLE, csv_text(epochs))
        except NetspecError as error:
            message = _refusal(error)
            if not self.refused or metrics["state"] != "running":
                self._note(f"{message}; the run goes on" if metrics["state"] == "running" else message)
            self.refused = True
        else:
            self.refused = False
        if metrics["state"] != "running":
            tests = {name: value for name, value in metrics.items() if name.startswith("test_")}
            self._logs.all("finish", metrics["steps"], tests, metrics["state"])

    def draw(
        self,
        metrics: Mapping[str, Any],
        epochs: Sequence[Epoch],
        counts: Mapping[str, Tensor],
        rates: Sequence[tuple[float, float]],
        precisions: Mapping[str, Sequence[float]] = MappingProxyType({}),
    ) -> None:
        """Draw curves, confusion matrix and precision over recall: when the run is over, and now and then before.

        A picture that cannot be drawn is noted and written down: a run goes on without its pictures.

        Args:
            metrics: As for `write`.
            epochs: Those that are over.
            counts: Test examples by their class (rows) and the predicted class (columns), by the output that tells
                them; that of the only one without a name.
            rates: The learning rate at times, in epochs.
            precisions: A detector's precision at each recall, by class.
        """
        if metrics["state"] == "running" and time.perf_counter() - self._drawn < _DRAW_EVERY:
            return
        rows = {output: each.tolist() for output, each in counts.items()}
        before = dict(self._undrawn)
        for output, each in rows.items():
            _, file = confusion_files(output)
            table = counts_text(each, classes_told(metrics, output))
            self._try(file, lambda file=file, table=table: write_within(self._folder, file, table))  # type: ignore[misc]
        if precisions:
            text = precisions_text(precisions)
            self._try(PRECISIONS[1], lambda: write_within(self._folder, PRECISIONS[1], text))
        if self._draws and find_spec("matplotlib") is not None:
            name = self._folder.resolve().name
            for picture, draw in pictures(name, metrics, [epoch.row() for epoch in epochs], rows, rates, precisions):
                self._picture(picture, draw, metrics)
        if self._undrawn != before:
            with suppress(NetspecError):  # what was written without it is whole
                self._write(metrics)
        self._drawn = time.perf_counter()

    def close(self) -> None:
        """Write the rest."""
        self._logs.all("close")
        if self._table is not None:
            self._table.close()

    def _add(self, write: Callable[[], None]) -> None:
        """Write to the table of steps; a refusal is noted, once until it has taken all."""
        try:
            write()
        except NetspecError as error:
            message = _refusal(error)
            if not self._behind:
                self._note(f"{message}; the run goes on")
            self._behind = True
        else:
            self._behind = False

    def _write(self, metrics: Mapping[str, Any]) -> None:
        told = {**metrics, UNDRAWN: self._undrawn} if self._undrawn else metrics
        write_within(self._folder, METRICS, json_text(told))

    def _picture(self, name: str, draw: Callable[[], bytes], metrics: Mapping[str, Any]) -> None:
        def keep() -> None:
            png = draw()
            write_within(self._folder, name, png)
            self._logs.all("picture", metrics["steps"], Path(name).stem, png)

        self._try(name, keep)

    def _try(self, name: str, keep: Callable[[], None]) -> None:
        """Draw a picture, or write its table; a failure is noted once."""
        reason = attempt(keep)
        if reason is None:
            self._undrawn.pop(name, None)
        elif name not in self._undrawn:
            self._undrawn[name] = reason
            folder = printable(str(self._folder))
            self._note(f"{name} could not be drawn ({reason}); `netspec runs {folder} --draw` tries again")


def _refusal(error: NetspecError) -> str:
    """The message of a disk that refuses.

    Raises:
        NetspecError: It is another error.
    """
    (found, *_) = error.diagnostics
    if found.code is not Code.FILE_UNWRITABLE:
        raise error
    return printable(found.message)

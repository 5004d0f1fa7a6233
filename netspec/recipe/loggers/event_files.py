"""A run's figures for TensorBoard. Imports tensorboard, where it is installed, when there is something to write.

Events are written here, as the library's own records: its writer hands them to a thread, which prints a traceback where
a disk is full, and tells of it too late.
"""

from __future__ import annotations

import io
import itertools
import os
import socket
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.files.destination import refused
from netspec.images.door import opened
from netspec.recipe.loggers.base import Log, Logged, known, known_of_steps
from netspec.recipe.loggers.histogram import Histogram, histograms

if TYPE_CHECKING:
    from torch import Tensor

_COLOURS = {"L": 1, "RGB": 3, "RGBA": 4}
"""The library's numbers for what a pixel holds, by Pillow's names."""

_NUMBER = itertools.count()
"""The files of this process, which may keep several runs in a second; readers take files by their names."""


class Events(Log):
    """Writes the figures of a run into a folder of events; without tensorboard it writes nothing.

    Every event is on disk when its method returns.

    Args:
        folder: The folder of the events, made if need be; ``tensorboard --logdir RUN`` finds it in a run's folder.
        resumed: The step that the run goes on from: later events of an earlier process are hidden. None
            where the run is new.
    """

    def __init__(self, folder: Path, resumed: int | None = None) -> None:
        self.folder, self._resumed = folder, resumed
        self._file: io.FileIO | None = None

    def past(self, run: Logged) -> None:
        """Write earlier epochs and steps where the folder is new; else an earlier process has, and some are hidden."""
        if self._resumed is None:
            super().past(run)
            return
        for step, figures in run.past_steps:
            if step >= self._resumed:
                self.steps(step, figures)

    def epoch(self, step: int, figures: Mapping[str, float | None]) -> None:
        """Write the figures of an epoch that is over, as ``metrics.json`` has them.

        ``loss`` becomes ``loss/training`` and ``validation_loss`` becomes ``loss/validation``, to be drawn together.

        Args:
            step: Steps done since the start.
            figures: The figures by name; None is left out.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        self._write(step, [{"tag": name, "simple_value": value} for name, value in known(figures).items()])

    def steps(self, step: int, figures: Mapping[str, float | None]) -> None:
        """Write the figures of some steps, as ``steps.csv`` has them: ``loss`` becomes ``steps/loss``.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        found = known_of_steps(figures)
        self._write(step, [{"tag": name, "simple_value": value} for name, value in found.items()])

    def weights(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Write the histogram of each weight.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        self._write(step, [{"tag": name, "histo": _event(found)} for name, found in histograms(weights)])

    def options(self, options: Mapping[str, Any], name: str) -> None:
        """Write the options of a run, beside which the figures of its test are shown; a text is no longer than 500.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        if not _installed():
            return
        from tensorboard.plugins.hparams import summary_v2

        given = {key: value[:500] if isinstance(value, str) else value for key, value in options.items()}
        self._write(0, list(summary_v2.hparams_pb(given, trial_id=name).value))

    def finish(self, step: int, tests: Mapping[str, float | None], state: str) -> None:
        """Write the figures of the test.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        self.epoch(step, tests)

    def picture(self, step: int, name: str, png: bytes) -> None:
        """Write a picture, such as the confusion matrix.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        if not _installed():
            return
        image = opened(png)
        size = {"width": image.width, "height": image.height, "colorspace": _COLOURS[image.mode]}
        self._write(step, [{"tag": name, "image": {**size, "encoded_image_string": png}}])

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, step: int, values: list[Any]) -> None:
        """Write an event of some values."""
        if not _installed() or not values:
            return
        try:
            if self._file is None:
                self._file = self._opened()
                self._add(step=self._resumed or 0, file_version="brain.Event:2")
                if self._resumed is not None:
                    self._add(step=self._resumed, session_log={"status": 1})  # START: what follows that step is hidden
            self._add(step=step, summary={"value": values})
        except OSError as error:
            raise refused(self.folder, error) from None

    def _opened(self) -> io.FileIO:
        """A new file of events, whose name the library finds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time()):010}.{socket.gethostname()}.{os.getpid()}.{next(_NUMBER):06}"
        return io.FileIO(self.folder / name, "x")

    def _add(self, **event: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        record = io.BytesIO()
        RecordWriter(record).write(Event(wall_time=time.time(), **event).SerializeToString())
        assert self._file is not None
        rest = record.getbuffer()
        while rest:
            rest = rest[self._file.write(rest) :]


def _installed() -> bool:
    return find_spec("tensorboard") is not None


def _event(found: Histogram) -> dict[str, Any]:
    """A histogram by the names of the library's own."""
    return {
        "min": found.edges[0],
        "max": found.edges[-1],
        "num": sum(found.counts),
        "sum": found.total,
        "sum_squares": found.squares,
        "bucket_limit": list(found.edges[1:]),
        "bucket": list(found.counts),
    }

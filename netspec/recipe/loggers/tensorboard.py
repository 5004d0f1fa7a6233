"""TensorBoard: `tensorboard --logdir runs` shows the events of all runs."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, ClassVar

from netspec.files.run_folder import EVENTS
from netspec.files.writing import within
from netspec.recipe.loggers.base import Logged, Logger

if TYPE_CHECKING:
    from netspec.recipe.loggers.event_files import Events


class TensorBoard(Logger):
    """Events in the run's folder, for `tensorboard --logdir runs`; without the library nothing is written.

    `histograms` adds those of all weights after each epoch, `hparams` the recipe's options beside the figures of the
    test.
    """

    key: ClassVar[str] = "tensorboard"
    title: ClassVar[str] = "events for TensorBoard"

    histograms: bool = False
    hparams: bool = False

    @property
    def wants_weights(self) -> bool:
        return self.histograms

    def open(self, run: Logged) -> Events:
        from netspec.recipe.loggers.event_files import Events

        step = None if run.resumed is None else run.resumed + 1
        made = Events(within(run.folder, EVENTS, stat.S_IFDIR), step)
        if self.hparams:
            made.options(run.options(), run.name)
        return made

"""Weights & Biases, offline unless the environment says otherwise: `wandb sync RUN/wandb/offline-*` sends a run."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Any, ClassVar

from netspec.diagnostics.styled import printable
from netspec.files.run_folder import WANDB
from netspec.files.writing import within
from netspec.recipe.loggers.base import Log, Logged, Logger, known


class Wandb(Logger):
    """Figures for Weights & Biases, in the run's folder; the value is the project.

    A recipe sends nothing anywhere: the environment's ``WANDB_MODE=online`` does, and ``wandb sync`` afterwards.
    """

    key: ClassVar[str] = "wandb"
    also: ClassVar[tuple[str, ...]] = ("weights_and_biases", "w&b")
    main: ClassVar[str | None] = "project"
    title: ClassVar[str] = "figures for W&B"
    library: ClassVar[str] = "wandb"

    project: str = "netspec"

    def open(self, run: Logged) -> Log:
        return _Run(run, printable(self.project))


class _Run(Log):
    def __init__(self, run: Logged, project: str) -> None:
        import wandb

        within(run.folder, WANDB, stat.S_IFDIR)
        settings = wandb.Settings(
            console="off", silent=True, quiet=True, show_errors=False, symlink=False,
            disable_git=True, disable_code=True, save_code=False, x_disable_meta=True, x_disable_stats=True,
        )  # fmt: skip
        self._run: Any = wandb.init(
            project=project,
            name=run.name,
            group=run.name,  # what goes on after an interruption is another run of the group
            dir=str(run.folder),
            config=run.options(),
            mode=os.environ.get("WANDB_MODE", "offline"),
            settings=settings,
        )
        self._state = "interrupted"

    def epoch(self, step: int, figures: Mapping[str, float | None]) -> None:
        self._run.log(known(figures), step=step)

    def finish(self, step: int, tests: Mapping[str, float | None], state: str) -> None:
        self._state = state
        self._run.summary.update({name: value for name, value in tests.items() if value is not None})

    def close(self) -> None:
        self._run.finish(exit_code=int(self._state != "done"))

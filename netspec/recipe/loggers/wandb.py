"""Weights & Biases, offline unless the environment says otherwise: `wandb sync RUN/wandb/offline-*` sends a run."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netspec.diagnostics.styled import printable
from netspec.files.run_folder import WANDB
from netspec.files.writing import within
from netspec.images.door import opened
from netspec.recipe.loggers.base import Log, Logged, Logger, known, known_of_steps
from netspec.recipe.loggers.histogram import histograms
from netspec.recipe.loggers.identity import identity

if TYPE_CHECKING:
    from torch import Tensor

_PATIENCE = 60.0
"""The seconds that the end of a run waits for what is not sent yet; it stays in the run's folder."""


class Wandb(Logger):
    """Figures and pictures for Weights & Biases, in the run's folder; the value is the project.

    A recipe sends nothing anywhere: the environment's ``WANDB_MODE=online`` does, and ``wandb sync`` afterwards.
    `histograms` adds those of all weights after each epoch.
    """

    key: ClassVar[str] = "wandb"
    also: ClassVar[tuple[str, ...]] = ("weights_and_biases", "w&b")
    main: ClassVar[str | None] = "project"
    title: ClassVar[str] = "figures for W&B"
    library: ClassVar[str] = "wandb"

    project: str = "netspec"
    histograms: bool = False

    @property
    def wants_weights(self) -> bool:
        return self.histograms

    def open(self, run: Logged) -> Log:
        return _Run(run, printable(self.project))


class _Run(Log):
    """One run of W&B, whatever interrupts it: what is kept in its folder is written anew when it goes on."""

    def __init__(self, run: Logged, project: str) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # reports of the library's own use
        import wandb

        own = within(run.folder, WANDB, stat.S_IFDIR)
        name = identity(run.folder)
        mode: Any = os.environ.get("WANDB_MODE", "offline")
        for earlier in _offline(own, name):
            shutil.rmtree(earlier)
        settings = wandb.Settings(
            console="off", silent=True, quiet=True, show_errors=False, symlink=False, host="", reinit="create_new",
            disable_git=True, disable_code=True, save_code=False, finish_timeout=_PATIENCE,
            x_disable_meta=True, x_disable_stats=True, x_disable_machine_info=True, x_save_requirements=False,
        )  # fmt: skip
        self._run: Any = wandb.init(
            project=project,
            id=name,
            name=run.name,
            dir=str(run.folder),
            config=run.options(),
            mode=mode,
            resume="allow" if mode == "online" else None,
            settings=settings,
        )
        self._state = "interrupted"
        _without_links(own)

    def epoch(self, step: int, figures: Mapping[str, float | None]) -> None:
        self._run.log(known(figures), step=step)

    def steps(self, step: int, figures: Mapping[str, float | None]) -> None:
        self._run.log(known_of_steps(figures), step=step)

    def weights(self, step: int, weights: Mapping[str, Tensor]) -> None:
        import wandb
        from numpy import array

        made = {
            f"weights/{name}": wandb.Histogram(np_histogram=(array(each.counts), array(each.edges)))
            for name, each in histograms(weights)
        }
        self._run.log(made, step=step)

    def picture(self, step: int, name: str, png: bytes) -> None:
        import wandb

        self._run.log({name: wandb.Image(opened(png))}, step=step)

    def finish(self, step: int, tests: Mapping[str, float | None], state: str) -> None:
        self._state = state
        self._run.summary.update({name: value for name, value in tests.items() if value is not None})

    def close(self) -> None:
        self._run.finish(exit_code=int(self._state != "done"))


def _offline(folder: Path, name: str) -> Iterator[Path]:
    """What an earlier process kept of the run: all of its epochs are written anew."""
    for found in sorted(folder.glob(f"offline-run-*-{name}")):
        if not found.is_symlink():
            yield found


def _without_links(folder: Path) -> None:
    """Take away the library's link to its own log elsewhere: no run's folder leads out."""
    for log in folder.glob("*/logs/*"):
        if log.is_symlink():
            log.unlink()

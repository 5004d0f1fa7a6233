"""MLflow, in a database of the run's folder unless the environment names a server: `mlflow ui` shows it."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any, ClassVar

from netspec.diagnostics import NetspecError
from netspec.diagnostics.styled import printable
from netspec.files.run_folder import MLFLOW, MLFLOW_FILES
from netspec.files.writing import within
from netspec.recipe.loggers.base import Log, Logged, Logger, known, known_of_steps
from netspec.recipe.loggers.identity import identity

_STATES = {"done": "FINISHED", "failed": "FAILED"}
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}
"""MLflow's own settings of how long it waits for a server, in seconds, and how often it tries again: minutes unless
the environment says otherwise, in which a run would stand still and hear no signal."""
_NAME = "netspec.run"
"""The tag by which a run that goes on is found again."""


class Mlflow(Logger):
    """Figures and pictures for MLflow, in a database of the run's folder; the value is the experiment.

    A recipe sends nothing anywhere: the environment's ``MLFLOW_TRACKING_URI`` names a server, or a database of many
    runs. ``mlflow ui --backend-store-uri sqlite:///RUN/mlflow.db`` shows a run. A picture's latest state is kept.
    """

    key: ClassVar[str] = "mlflow"
    main: ClassVar[str | None] = "experiment"
    title: ClassVar[str] = "figures for MLflow"
    library: ClassVar[str] = "mlflow"

    experiment: str = "netspec"

    def open(self, run: Logged) -> Log:
        try:
            return _Run(run, printable(self.experiment))
        except NetspecError:
            raise
        except Exception as error:  # a stranger's server, or none
            if not os.environ.get("MLFLOW_TRACKING_URI"):
                raise
            raise ConnectionError(
                f"what MLFLOW_TRACKING_URI names takes no run ({shorten(str(error), 120, placeholder='...')}); "
                "without it they are in the run's folder"
            ) from error


class _Run(Log):
    """One run of MLflow, whatever interrupts it: what it has of an epoch that is done again stays."""

    def __init__(self, run: Logged, experiment: str) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # reports of the library's own use
        for name, value in _PATIENCE.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient
        from mlflow.entities import Param

        own = within(run.folder, MLFLOW).absolute()
        files = within(run.folder, MLFLOW_FILES, stat.S_IFDIR).absolute()
        elsewhere = os.environ.get("MLFLOW_TRACKING_URI")
        self._state, self._known = "interrupted", dict[str, set[int]]()
        with _in_silence():
            self._client: Any = MlflowClient(tracking_uri=elsewhere or f"sqlite:///{own}")
            found = self._client.get_experiment_by_name(experiment)
            place = None if elsewhere else files.as_uri()
            place = found.experiment_id if found else self._client.create_experiment(experiment, place)
            name = identity(run.folder)
            if run.resumed is not None and (earlier := self._earlier(place, name)):
                self._id = earlier
                return
            self._id = self._client.create_run(place, run_name=run.name, tags={_NAME: name}).info.run_id
            params = [Param(name, str(value)[:500]) for name, value in run.options().items()]
            for first in range(0, len(params), 100):  # the most that a server takes at once
                self._client.log_batch(self._id, params=params[first : first + 100])

    def epoch(self, step: int, figures: Mapping[str, float | None]) -> None:
        self._note(step, known(figures))

    def steps(self, step: int, figures: Mapping[str, float | None]) -> None:
        self._note(step, known_of_steps(figures))

    def picture(self, step: int, name: str, png: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"{name}.png")
            file.write_bytes(png)
            self._client.log_artifact(self._id, str(file))

    def finish(self, step: int, tests: Mapping[str, float | None], state: str) -> None:
        self._state = state
        self._note(step, known(tests))

    def close(self) -> None:
        self._client.set_terminated(self._id, _STATES.get(self._state, "KILLED"))

    def _earlier(self, experiment: str, name: str) -> str | None:
        """Go on with the run that has a name, where there is one."""
        for run in self._client.search_runs([experiment], f"tags.`{_NAME}` = '{name}'", max_results=1):
            found: str = run.info.run_id
            self._client.update_run(found, status="RUNNING")
            for key in run.data.metrics:
                self._known[key] = {each.step for each in self._client.get_metric_history(found, key)}
            return found
        return None

    def _note(self, step: int, figures: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        new = {name: value for name, value in figures.items() if step not in self._known.get(name, ())}
        if new:
            self._client.log_batch(self._id, metrics=[Metric(name, value, now, step) for name, value in new.items()])


@contextmanager
def _in_silence() -> Iterator[None]:
    """A context in which the library tells nothing of the database that it makes."""
    log = logging.getLogger("mlflow.store.db.utils")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)

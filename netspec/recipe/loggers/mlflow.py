"""MLflow, in a database of the run's folder unless the environment names a server: `mlflow ui` shows it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from netspec.diagnostics.styled import printable
from netspec.files.run_folder import MLFLOW
from netspec.files.writing import within
from netspec.recipe.loggers.base import Log, Logged, Logger, known

_STATES = {"done": "FINISHED", "failed": "FAILED"}


class Mlflow(Logger):
    """Figures for MLflow, in a database of the run's folder; the value is the experiment.

    A recipe sends nothing anywhere: the environment's ``MLFLOW_TRACKING_URI`` names a server, or a database of many
    runs. ``mlflow ui --backend-store-uri sqlite:///RUN/mlflow.db`` shows a run.
    """

    key: ClassVar[str] = "mlflow"
    main: ClassVar[str | None] = "experiment"
    title: ClassVar[str] = "figures for MLflow"
    library: ClassVar[str] = "mlflow"

    experiment: str = "netspec"

    def open(self, run: Logged) -> Log:
        return _Run(run, printable(self.experiment))


class _Run(Log):
    def __init__(self, run: Logged, experiment: str) -> None:
        from mlflow import MlflowClient
        from mlflow.entities import Param

        file = within(run.folder, MLFLOW).absolute()
        self._client: Any = MlflowClient(tracking_uri=os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{file}"))
        found = self._client.get_experiment_by_name(experiment)
        place = found.experiment_id if found else self._client.create_experiment(experiment)
        self._id = self._client.create_run(place, run_name=run.name).info.run_id
        params = [Param(name, str(value)[:500]) for name, value in run.options().items()]
        for first in range(0, len(params), 100):  # the most that a server takes at once
            self._client.log_batch(self._id, params=params[first : first + 100])
        self._state = "interrupted"

    def epoch(self, step: int, figures: Mapping[str, float | None]) -> None:
        self._note(step, known(figures))

    def finish(self, step: int, tests: Mapping[str, float | None], state: str) -> None:
        self._state = state
        self._note(step, known(tests))

    def close(self) -> None:
        self._client.set_terminated(self._id, _STATES.get(self._state, "KILLED"))

    def _note(self, step: int, figures: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._client.log_batch(self._id, metrics=[Metric(name, value, now, step) for name, value in figures.items()])

"""The trials of a search on a cluster of Ray: this process draws, refuses and notes, the cluster's workers train.

Its one study keeps the trials, as it does without Ray. Ray's own tuner would keep a second record beside it, and ends a
trial that is stopped by ending its process, which leaves no run.
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayActorError, RayError

from netspec.diagnostics import Code, NetspecError
from netspec.files.writing import write_within
from netspec.plugins import plugin_files
from netspec.search.trial import Begun, Ended, Hopeless, Judge, Outcome
from netspec.search.worker import Where, Worker, differs
from netspec.training.steps.interrupt import Interrupt
from netspec.version import __version__

if TYPE_CHECKING:
    from netspec.search.study import Study

LOCAL = "local"
"""The address that begins a cluster on this machine, which ends with this process."""

_LIVES = 3
"""The workers that are lost at one point before it counts as failed."""

_REACHED = 5.0
"""Seconds in which a cluster's address answers."""

_PAUSE = 0.5
"""Seconds between two looks whether a signal has come."""


def on_ray(
    address: str,
    workers: int | None,
    study: Study,
    judge: Judge,
    ask: Callable[[], Begun | None],
    hopeless: Hopeless | None,
) -> Iterator[Ended]:
    """The trials that have ended, in that order, of which each worker trains one at a time.

    A trial whose worker is lost is begun anew. Where this process ends, its workers do.

    Args:
        address: As `ray.init` takes it.
        workers: Their number; None is as many as the cluster has room for.
        study: Where trials are noted.
        judge: What judges their points.
        ask: Gives the next one; None where there is none until a worker is lost.
        hopeless: None gives up none.

    Raises:
        NetspecError: NS0704: there is no such cluster, or it has no room for a worker. NS0805: a worker cannot begin,
            or its files are not the same as here. An error that no other point would mend.
    """
    with _joined(address, workers), _seen(judge.folder) as mark, Interrupt() as interrupt:
        crew = _Crew(judge, mark, address, workers)
        try:
            yield from _ended(crew, study, judge, ask, hopeless, interrupt)
        finally:
            crew.dismiss()


def _ended(
    crew: _Crew,
    study: Study,
    judge: Judge,
    ask: Callable[[], Begun | None],
    hopeless: Hopeless | None,
    interrupt: Interrupt,
) -> Iterator[Ended]:
    while not interrupt.asked:
        while crew.free and (begun := ask()) is not None:
            trial, point = begun
            found = judge.untrained(point)
            if isinstance(found, Outcome):
                yield trial, point, found
            else:
                crew.begin(begun, prunes=hopeless is not None)
        if crew.free and not crew.training:
            return
        for worker, begun, event in crew.events():
            if begun is None:
                continue
            trial, point = begun
            if isinstance(event, Outcome):
                yield trial, point, _at_home(event)
            elif isinstance(event, RayActorError):
                losses = study.losses(trial) + 1
                if losses < _LIVES:
                    study.lost(trial)
                else:
                    yield trial, point, Outcome("failed", None, {"reason": f"{losses} workers were lost at it"})
            elif isinstance(event, Exception):
                raise event
            elif hopeless is not None:
                crew.answer(worker, begun, hopeless(trial, *event))
    yield None, {}, Outcome("interrupted", None, {}, interrupt.signal)


def _at_home(outcome: Outcome) -> Outcome:
    """The outcome of a trial whose runs are here.

    Raises:
        NetspecError: NS0805: they are not.
    """
    for run in outcome.told.get("runs", ()):
        if not Path(run).is_dir():
            raise differs(f"the run {run} of a worker is not there")
    return outcome


class _Crew:
    """The workers: those that are free, and those that something is awaited of.

    Attributes:
        free: Workers that await a trial.
    """

    def __init__(self, judge: Judge, mark: str, address: str, number: int | None) -> None:
        needs, room = _room(judge, address)
        where = Where(str(Path.cwd()), str(judge.folder), mark, tuple(map(str, plugin_files())), __version__)
        data = os.environ.get("NETSPEC_DATA")
        made = ray.remote(max_restarts=0, **needs)(Worker)
        self._make: Callable[[], Any] = lambda: made.remote(judge, where, data)
        self._awaited: dict[Any, tuple[Any, Begun | None]] = {}
        self.free: list[Any] = []
        for _ in range(number or room):
            self._hire()

    @property
    def training(self) -> bool:
        """Whether any of them is at a trial."""
        return any(begun for _, begun in self._awaited.values())

    def begin(self, begun: Begun, *, prunes: bool) -> None:
        """Give a trial to a free worker."""
        worker, (trial, point) = self.free.pop(), begun
        self._awaited[worker.begin.remote(trial.number, point, prunes)] = worker, begun

    def answer(self, worker: Any, begun: Begun, stop: bool) -> None:
        """Tell a worker whether its trial is stopped, as it has asked."""
        self._awaited[worker.answer.remote(stop)] = worker, begun

    def events(self) -> Iterator[tuple[Any, Begun | None, Any]]:
        """What comes of workers, for half a second at most: the worker, its trial, and what it tells.

        Raises:
            NetspecError: NS0805: a worker cannot begin.
        """
        done, _ = ray.wait([*self._awaited], timeout=_PAUSE)
        for each in done:
            worker, begun = self._awaited.pop(each)
            try:
                event = ray.get(each)
            except RayActorError as error:
                if begun is None:
                    raise differs(f"a worker of the cluster cannot begin: {_last_line(error)}") from error
                event = error
                self._hire()
            if begun is None and isinstance(event, Exception):
                raise event
            if begun is None or isinstance(event, Outcome):
                self.free.append(worker)
            yield worker, begun, event

    def _hire(self) -> None:
        worker = self._make()
        self._awaited[worker.ready.remote()] = worker, None

    def dismiss(self) -> None:
        """End them, and what they are at."""
        for worker in [*self.free, *(worker for worker, _ in self._awaited.values())]:
            ray.kill(worker)


@contextmanager
def _joined(address: str, workers: int | None) -> Iterator[None]:
    """While entered, this process is one of a cluster.

    Raises:
        NetspecError: NS0704: there is none at the address.
    """
    if ray.is_initialized():  # by the program that searches
        yield
        return
    given: dict[str, Any] = {"include_dashboard": False, "num_cpus": workers} if address == LOCAL else {}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster begun here tells nobody of itself
    try:
        _reach(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **given)
    except (RayError, OSError, OverflowError, ValueError, RuntimeError) as error:
        raise NetspecError.of(
            Code.BAD_SETTING,
            f"no cluster of Ray answers at `{address}`: {_last_line(error)}",
            expected=f"`{LOCAL}`, `auto` on one of its machines, or the address that `ray start` shows",
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Make sure that something listens at ``HOST:PORT``: Ray itself tries for minutes, and hears no signal meanwhile.

    Raises:
        OSError: Nothing does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), _REACHED).close()


@contextmanager
def _seen(folder: Path) -> Iterator[str]:
    """While entered, the folder has a file by whose name, which is given, workers know that it is the same one."""
    mark = f".seen-{uuid.uuid4().hex}"
    write_within(folder, mark, "")
    try:
        yield mark
    finally:
        (folder / mark).unlink(missing_ok=True)


def _room(judge: Judge, address: str) -> tuple[dict[str, int], int]:
    """What a worker needs of the cluster, and how many it has room for.

    Raises:
        NetspecError: NS0704: for none.
    """
    has, device = ray.cluster_resources(), judge.values.get("device", "auto")
    computes = "GPU" if device == "cuda" or (device == "auto" and has.get("GPU")) else "CPU"
    room = int(has.get(computes, 0))
    if not room:
        raise NetspecError.of(Code.BAD_SETTING, f"the cluster of Ray at `{address}` has no {computes}")
    return {"num_cpus": 1, **({"num_gpus": 1} if computes == "GPU" else {})}, room


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__

"""A worker of a search on a cluster: it finds the search's files on its machine, and trains one trial at a time.

What begins it and talks to it is in `on_ray.py`.
"""

from __future__ import annotations

import os
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.objects.immutable import immutable
from netspec.plugins import load_plugin
from netspec.search.trial import Judge
from netspec.version import __version__


@immutable
class Where:
    """The place of a search, which its workers share.

    Attributes:
        home: The working directory, from which paths are read.
        folder: The search's folder.
        mark: The name of a file in it.
        plugins: The files of plugins that are loaded.
        version: The version of netspec.
    """

    home: str
    folder: str
    mark: str
    plugins: tuple[str, ...]
    version: str

    def enter(self) -> None:
        """Go there.

        Raises:
            NetspecError: NS0805: it is not there on this machine.
        """
        node = os.uname().nodename if hasattr(os, "uname") else "a worker"
        if self.version != __version__:
            raise differs(f"{node} has netspec {__version__}, and {self.version} searches")
        try:
            os.chdir(self.home)
            (Path(self.folder) / self.mark).stat()
        except OSError as error:
            raise differs(f"{node} does not see the folder {self.folder} of {self.home}: {error.strerror}") from None
        for file in self.plugins:
            load_plugin(Path(file))


class Worker:
    """A worker, which trains one trial at a time, in a thread of its own, so that it can ask meanwhile."""

    def __init__(self, judge: Judge, where: Where, data: str | None) -> None:
        self._judge = judge
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._answers: SimpleQueue[bool] = SimpleQueue()
        self._wrong: NetspecError | None = None
        if data is not None:
            os.environ.setdefault("NETSPEC_DATA", data)
        try:
            where.enter()
        except NetspecError as error:
            self._wrong = error

    def ready(self) -> NetspecError | None:
        """What stands against its work."""
        return self._wrong

    def begin(self, number: int, point: dict[str, Any], prunes: bool) -> Any:
        """Train a trial.

        Returns:
            Its outcome, or an epoch's number and the first goal's figure after it, which `answer` answers, or the error
            that ends the search.
        """
        Thread(target=self._train, args=(number, point, prunes), daemon=True).start()
        return self._events.get()

    def answer(self, stop: bool) -> Any:
        """Go on, or give the trial up; returns as `begin` does."""
        self._answers.put(stop)
        return self._events.get()

    def _train(self, number: int, point: dict[str, Any], prunes: bool) -> None:
        try:
            self._events.put(self._judge.judged(number, point, self._asked if prunes else None))
        except BaseException as error:  # nobody else would tell of it
            self._events.put(error if isinstance(error, NetspecError) else RuntimeError(f"a worker failed: {error!r}"))

    def _asked(self, epoch: int, figure: float) -> bool:
        self._events.put((epoch, figure))
        return self._answers.get()


def differs(reason: str) -> NetspecError:
    """The error of a worker to whom netspec or the search's files are not what they are here."""
    return NetspecError.of(
        Code.TRAINING_FAILED,
        reason,
        help="machines of a cluster need the same netspec and Python, and a disk that they share, as the working "
        "directory and the search's folder are read by their paths",
    )

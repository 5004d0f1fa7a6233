"""The logs of a run. One that fails ends with a remark: a run never ends for what is kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.recipe.loggers import Log, Logged, Logger


class Logs:
    """The open logs of a run, each by its logger.

    A logger's library may fail in any way, and without a network or room on the disk it will: whatever it raises is
    noted, and it is asked nothing more.
    """

    def __init__(self, run: Logged, loggers: Sequence[Logger], note: Callable[[str], None]) -> None:
        self._note = note
        self._open: dict[Logger, Log] = {}
        for logger in loggers:
            self._try(logger, partial(self._begin, logger, run))

    def all(self, method: str, *values: Any) -> None:
        """Call a method of every log that is open."""
        for logger, log in list(self._open.items()):
            self._try(logger, partial(getattr(log, method), *values))

    def _begin(self, logger: Logger, run: Logged) -> None:
        self._open[logger] = log = logger.open(run)
        log.past(run)

    def _try(self, logger: Logger, call: Callable[[], object]) -> None:
        try:
            call()
        except NetspecError as error:
            (found, *_) = error.diagnostics
            if found.code is not Code.FILE_UNWRITABLE:
                raise  # a link in the run's folder
            self._end(logger, found.message)
        except Exception as error:  # the libraries' own errors have no common base
            reason = str(error).strip().partition("\n")[0]
            self._end(logger, f"{type(error).__name__}: {reason}" if reason else type(error).__name__)

    def _end(self, logger: Logger, reason: str) -> None:
        if (log := self._open.pop(logger, None)) is not None:
            with suppress(Exception):  # it may leave a process or a file behind; that it failed is told already
                log.close()
        self._note(f"there are no more {logger.title}: {printable(reason)}")

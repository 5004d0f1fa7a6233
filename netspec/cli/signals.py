"""Requests to end the process: unfinished work is cleaned up first."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")
"""Signals of batch systems and `kill`, and of a closed terminal. Python raises Ctrl-C itself."""

_CLEARING = 1.0
"""Seconds after a signal in which another one does not interrupt the cleaning up."""


class Ended(BaseException):
    """A signal asked this process to end; no Exception, so that no code takes it for a failure of its own.

    Attributes:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def ending_politely() -> Iterator[None]:
    """While entered, a signal to end raises an exception, so that temporary files go; then it ends the process.

    This holds even if modules of C that import others swallow the exception, or turn it into another.

    A signal that is ignored, as under `nohup`, or handled by others, stays so; outside the main thread Python handles
    none.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    own = os.getpid()
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    asked: list[tuple[int, float]] = []

    def end(number: int, frame: FrameType | None) -> None:
        if os.getpid() != own:  # a process that was forked meanwhile has nothing to clean up
            _die(number)
        now = time.monotonic()
        if asked and now < asked[-1][1] + _CLEARING:
            return
        asked.append((number, now))
        raise Ended(number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
        if asked:
            _die(asked[0][0])


def _die(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)

"""Ctrl-C that lets the step in hand finish."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Interrupt:
    """While entered, the first Ctrl-C only sets `asked`; a second one stops at once, as always.

    Outside the main thread, where Python takes no signals, it does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._installed = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Interrupt:
        if self._installed:
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self._before)

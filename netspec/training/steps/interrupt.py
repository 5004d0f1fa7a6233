"""Requests to end a run: noted until the step in hand is done, and agreed on by all processes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import distributed

from netspec.training.parallel.member import Member

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals of Ctrl-C, of batch systems and `kill`, and of a closed terminal."""


class Interrupt:
    """While entered, the first SIGINT, SIGTERM or SIGHUP is only noted; a second one does what it always does.

    A signal that is ignored, as `nohup` has SIGHUP, stays ignored.

    Outside the main thread, where Python takes no signals, it does nothing.

    Attributes:
        signal: The number of the signal that came, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    @property
    def asked(self) -> bool:
        """Whether the run is to end after this step."""
        return self.signal is not None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._ask) for number in heard}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        self.__exit__()


class Agreement:
    """Whether any process has been asked to stop: all learn of it at the same step.

    A signal reaches the processes at different moments, or one alone; a process that stopped by itself would leave the
    others waiting. Each step's answer travels while the next step computes, over the CPU: no device waits. So all stop
    one step after the first that was asked. Alone, a process stops at once.
    """

    def __init__(self, process: Member) -> None:
        self._group: distributed.ProcessGroup | None = None
        self._work: distributed.Work | None = None
        self._sent = torch.zeros(1, dtype=torch.int32)
        if process.world > 1:
            found = distributed.new_group(backend="gloo")
            assert isinstance(found, distributed.ProcessGroup)  # else this process would be none of the group
            self._group = found

    def asked(self, here: bool) -> bool:
        """Whether to stop now; called once after every step, by every process.

        Args:
            here: Whether this process was asked to stop.
        """
        if self._group is None:
            return here
        before = False
        if self._work is not None:
            self._work.wait()
            before = bool(self._sent.item())
        self._sent.fill_(int(here or before))
        self._work = distributed.all_reduce(self._sent, distributed.ReduceOp.MAX, self._group, async_op=True)
        return before

    def any(self, here: bool) -> bool:
        """Whether it holds in any process; all wait for each other."""
        if self._group is None:
            return here
        answer = torch.tensor([int(here)], dtype=torch.int32)
        distributed.all_reduce(answer, distributed.ReduceOp.MAX, self._group)
        return bool(answer.item())

"""What all processes of a run agree on: that one of them was asked to end it."""

from __future__ import annotations

import torch
from torch import distributed

from netspec.training.parallel.member import Member


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

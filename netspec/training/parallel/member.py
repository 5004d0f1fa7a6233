"""This process as one of those that train together: its device, and what they say to each other."""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from netspec.diagnostics import Code, NetspecError
from netspec.functional.process import Process, meet
from netspec.training.parallel.launch import leave_with_launcher
from netspec.training.parallel.sharding import shard
from netspec.training.parallel.world import ALONE, Share, Sharing, World

Said = TypeVar("Said")


@dataclass(frozen=True)
class Member(Process):
    """A process, alone or one of many.

    Attributes:
        sharing: What each process holds, as `World` has it.
    """

    sharing: Sharing = "ddp"

    @property
    def is_first(self) -> bool:
        """Whether it is the one that writes and shows."""
        return self.rank == 0

    @property
    def share(self) -> Share:
        """Its part in a batch."""
        return Share(self.rank, self.world)

    def broadcast(self, value: Said) -> Said:
        """The value that the first process has; all must call it."""
        if self.world == 1:
            return value
        told = [value]
        distributed.broadcast_object_list(told)
        return told[0]

    def barrier(self) -> None:
        """Wait for all processes."""
        if self.world > 1:
            distributed.barrier()

    def shared(self, module: nn.Module) -> nn.Module:
        """A module, on the device, as all processes train it together; it is changed."""
        if self.world > 1 and self.sharing == "fsdp":
            return shard(module, self.device)
        module.to(self.device)
        if self.world == 1:
            return module
        ids = [self.device] if self.device.type == "cuda" else None
        # Gradients live in the buffers that are sent: this saves a copy.
        return DistributedDataParallel(module, device_ids=ids, gradient_as_bucket_view=True)


def join(device: torch.device, world: World = ALONE) -> Member:
    """Join the other processes, if there are any; those on one machine have a device each.

    Args:
        device: The device; of CUDA, the one for this process is taken.
        world: The processes, started by `netspec.training.parallel.launch` or by torchrun.

    Raises:
        NetspecError: NS0805: they do not meet.
    """
    if world.size == 1:
        own = torch.device("cuda", 0) if device.type == "cuda" else device
        meet(own, 0, 1)
        return Member(own, 0, 1)
    leave_with_launcher()
    local, node = (int(os.environ.get(name, "0")) for name in ("LOCAL_RANK", "NODE_RANK"))
    rank = int(os.environ.get("RANK", str(node * world.devices + local)))
    own = torch.device("cuda", local) if device.type == "cuda" else device
    met = distributed.is_initialized()
    try:
        meet(own, rank, world.size)
    except (RuntimeError, ValueError) as error:  # torch.distributed's own errors among them
        reason = str(error).partition("\n")[0]
        raise NetspecError.of(Code.TRAINING_FAILED, f"the processes did not meet: {reason}") from error
    if own.type == "cuda":
        atexit.register(_part)
    elif not met:
        _leave_at_errors()
    return Member(own, rank, world.size, world.sharing)


def _leave_at_errors() -> None:
    """Have an error that nobody handles end this process as soon as it is told, without Python's own end.

    A thread of gloo may still hold tensors of the last exchange; where it lets them go after Python has ended, it takes
    the process with it: "terminate called without an active exception".
    """
    tell = sys.excepthook

    def told(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        tell(kind, error, traceback)
        if hasattr(sys, "ps1"):  # a session, which goes on
            return
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(130 if issubclass(kind, KeyboardInterrupt) else 1)

    sys.excepthook = told


def _part() -> None:
    """Leave the others; NCCL complains of a process that does not."""
    if distributed.is_initialized():
        distributed.destroy_process_group()

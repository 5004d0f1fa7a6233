"""The processes that train together, and the part of each in a batch. Imports no torch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from netspec.diagnostics import Code, NetspecError

Sharing = Literal["ddp", "fsdp"]
"""The content of each process: the whole network, or a piece of it."""


@dataclass(frozen=True, slots=True)
class World:
    """The processes that train together, one device each.

    Attributes:
        devices: Processes on each machine.
        nodes: Machines.
        sharing: `ddp` keeps a copy of the network in each process; `fsdp` cuts weights, gradients and the optimizer's
            state into a piece for each.
    """

    devices: int = 1
    nodes: int = 1
    sharing: Sharing = "ddp"

    @property
    def size(self) -> int:
        """Number of processes."""
        return self.devices * self.nodes


ALONE = World()
"""One process on one machine."""


def started() -> bool:
    """Whether this process is one of several that torchrun or netspec itself has started."""
    return "LOCAL_RANK" in os.environ


def is_first() -> bool:
    """Whether this process writes the files and shows how the run gets on: the first of all, or the only one."""
    local, node = os.environ.get("LOCAL_RANK", "0"), os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0"))
    return local == "0" and node == "0"


def find_world(devices: int | None, nodes: int | None, sharing: Sharing = "ddp") -> World:
    """The processes of a run: as torchrun started them, or else as many as are asked for.

    Args:
        devices: Processes on each machine; None where the command does not say.
        nodes: Machines, likewise.
        sharing: The content of each process.

    Raises:
        NetspecError: NS0805: torchrun started other numbers than are asked for.
    """
    asked = World(devices or 1, nodes or 1, sharing)
    if not started() or "LOCAL_WORLD_SIZE" not in os.environ:
        return asked
    local = int(os.environ["LOCAL_WORLD_SIZE"])
    found = World(local, int(os.environ["WORLD_SIZE"]) // local, sharing)
    if (devices or found.devices, nodes or found.nodes) != (found.devices, found.nodes):
        raise NetspecError.of(
            Code.TRAINING_FAILED,
            "torchrun has started other processes than the command asks for",
            found=f"{found.devices} on each of {found.nodes} machines",
            expected=f"{asked.devices} on each of {asked.nodes}",
            help="leave out --devices and --nodes: torchrun's numbers hold",
        )
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """One process of those that train together; alone, all is its own.

    Process r of w takes rows r, r + w, r + 2w, ... of a batch of B rows: the sizes differ by one at most. A process
    for which a small last batch leaves none borrows the first row, at weight 0: it has to take part in every exchange.

    Attributes:
        rank: The number of this process, from 0.
        processes: The number of processes.
    """

    rank: int = 0
    processes: int = 1

    def count(self, rows: int) -> int:
        """The number of rows of a global batch that are this process's own; 0 where it borrows one."""
        return len(range(self.rank, rows, self.processes))

    def of(self, rows: int) -> slice:
        """The rows of a global batch that this process computes: its own, or the one that it borrows."""
        return slice(self.rank, rows, self.processes) if self.count(rows) else slice(0, rows, rows)

    def weight(self, rows: int, step_rows: int | None = None) -> float:
        """The factor of this process's loss, before the gradients of all processes are averaged.

        A process's loss is the mean over its own n rows; the mean over all N rows of a step is the sum of n/N times
        theirs. Averaging divides by the number of processes w, so each counts w n/N.

        Args:
            rows: The number of rows of the global batch.
            step_rows: The number of rows of all batches whose gradients make one step of the optimizer; this one's
                alone if None.
        """
        return self.processes * self.count(rows) / (step_rows or rows)

"""A process's part of each global batch, and its weight."""

from __future__ import annotations

from dataclasses import dataclass


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

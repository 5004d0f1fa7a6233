"""Limits of an elaboration: the least number of entries, counted without unrolling, and an allowance of work."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from netspec.diagnostics import Code
from netspec.frontend.document import Block
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_
from netspec.shape import roughly

_FOLLOWED = 64
"""The depth to which nested block calls are followed; deeper ones are refused for their depth."""


MANY = 16
"""The number of tensors (inputs, outputs and weights of a call) that counts as one more entry."""


class Counts:
    """Counts the entries that are certainly elaborated, once per round of a repeat and per call of a block.

    Entries and rounds that an expression decides are not counted. In a document of a few lines, blocks can call each
    other 2 to the 40 times.

    Args:
        blocks: The document's blocks.
        broken: The names of blocks that call themselves or have a wrong form.
    """

    def __init__(self, blocks: Mapping[str, Block], broken: Collection[str]) -> None:
        self.blocks = blocks
        self.known = dict.fromkeys(broken, 0)
        self.depth = 0

    def least(self, entry: Entry) -> int:
        """The least number of entries of one entry: itself and its contents, in all its rounds."""
        common = entry.common
        rounds = 1 if common.repeat is None else _rounds(common.repeat)
        if entry.bad or common.when is not True or not rounds:
            return 1
        inner = self._all(entry.body) + sum(self._all(branch.entries) for branch in entry.branches)
        if entry.operation in self.blocks:
            inner += self._of_block(entry.operation)
        return 1 + rounds * inner if inner else rounds

    def _all(self, entries: tuple[Entry, ...]) -> int:
        return sum(map(self.least, entries))

    def _of_block(self, name: str) -> int:
        if name not in self.known:
            if self.depth == _FOLLOWED:
                return 0
            self.depth += 1
            self.known[name] = self._all(self.blocks[name].body.entries)
            self.depth -= 1
        return self.known[name]


class Exhausted(Exception):
    """An allowance of work is used up."""


class Work:
    """An allowance of work that elaborations share, in entries.

    It is an amount of computation rather than of time, so that the same spec gives the same answer on every machine.
    """

    def __init__(self, left: int) -> None:
        self.left = left

    def pay(self, work: int = 0) -> None:
        """Count work before it is done.

        Raises:
            Exhausted: None was left before.
        """
        if self.left < 0:
            raise Exhausted
        self.left -= work


def _rounds(repeat: object) -> int:
    """The number of rounds of a repeat as written; 0 if an expression gives it."""
    if isinstance(repeat, (tuple, list)):
        return len(repeat)
    return repeat if isinstance(repeat, int) and not isinstance(repeat, bool) and repeat > 0 else 0


def refuse_count(report: Report, path: Path_, most: int, least: int | None = None) -> None:
    """Report that there are too many entries, and stop.

    Args:
        report: Takes the error.
        path: The entry that is one too many.
        most: The limit.
        least: The least number of entries, if known.

    Raises:
        NetspecError: Always.
    """
    report.add(
        Code.BAD_REPEAT,
        f"the network unrolls to more than {most:,} entries",
        path,
        found=None if least is None else f"at least {roughly(least)}",
        help="make its repeats shorter, or allow for more with `--max-entries`",
    )
    report.check()

"""The table of a run's steps, `steps.csv`: each row is added once its steps are done. Imports no torch."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from netspec.files.destination import refused
from netspec.files.run_folder import STEPS
from netspec.files.writing import within, write_within
from netspec.recipe.recipe import Recipe

_LONGEST = 500
"""The most bytes of a line: six numbers have fewer."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """The figures of some steps.

    Attributes:
        step: Steps of the optimizer done since the start of the run, these among them.
        epoch: That of the last one, from 1.
        loss: The mean of the losses of the steps, each over its examples.
        learning_rate: At the last one.
        gradient_norm: The mean of the norms of the gradients before they were clipped; None where none is known.
        images_per_second: In the seconds of the steps alone, without validation and checkpoints; None where the clock
            did not move.
    """

    step: int
    epoch: int
    loss: float
    learning_rate: float
    gradient_norm: float | None
    images_per_second: float | None

    def figures(self) -> dict[str, Any]:
        """All values by the names of the columns of ``steps.csv``."""
        return asdict(self)


class StepsTable:
    """The table of a run, which is never written anew as a whole, but where the run goes on.

    A run that goes on keeps the rows up to its checkpoint: those after it are of steps that are done again, and a line
    that is torn is the last of a process that was killed. The file is a stranger: it is read line by line, and what no
    run would have written ends it.

    Args:
        folder: The run's folder.
        every: The steps of a row.
        measured: Whether there is a column of gradient norms.
        until: The step that the run goes on from.
    """

    def __init__(self, folder: Path, every: int, measured: bool, until: int = 0) -> None:
        self._folder, self._every, self._until = folder, every, until
        self._columns = [name for name in StepRow.__slots__ if measured or name != "gradient_norm"]
        self._file: io.FileIO | None = None
        self._waiting = bytearray()

    @property
    def lacks(self) -> str:
        """A remark on rows that the run has written and the file no longer has; empty where it has all."""
        wanted, found = self._until // self._every, sum(1 for _ in self._kept())
        return "" if found == wanted else f"{STEPS} has {found:,} rows of the first {wanted:,}: the others are lost"

    def __iter__(self) -> Iterator[tuple[int, dict[str, float | None]]]:
        """The rows that a run that goes on keeps: the step, and the figures by column."""
        for _, figures in self._kept():
            yield int(figures["step"] or 0), figures

    def lines(self) -> Iterator[bytes]:
        """The lines that a run that goes on keeps, the head among them."""
        yield self._head
        for line, _ in self._kept():
            yield line

    def begin(self) -> None:
        """Write the rows that are kept, and open the file for others.

        Raises:
            NetspecError: NS0903: the disk refuses. NS0925: a link stands in its place.
        """
        write_within(self._folder, STEPS, self.lines())
        path = within(self._folder, STEPS)
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._file = io.FileIO(os.open(path, flags), "a")
        except OSError as error:
            raise refused(path, error) from None

    def add(self, row: StepRow) -> None:
        """Add a row, after those that the disk has refused.

        Raises:
            NetspecError: NS0903: the disk refuses; the row is kept until it has room. NS0925: as `begin`.
        """
        figures = row.figures()
        cells = ("" if figures[name] is None else repr(figures[name]) for name in self._columns)
        self._waiting += f"{','.join(cells)}\n".encode()
        if self._file is None:
            self.begin()
        assert self._file is not None
        try:
            while self._waiting:
                del self._waiting[: self._file.write(self._waiting)]
        except OSError as error:
            raise refused(self._folder / STEPS, error) from None

    def settle(self) -> None:
        """Wait until the disk has all rows: a checkpoint that is on it must not be ahead of them.

        Raises:
            NetspecError: NS0903: the disk refuses.
        """
        if self._file is None:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise refused(self._folder / STEPS, error) from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    @property
    def _head(self) -> bytes:
        return f"{','.join(self._columns)}\n".encode()

    def _kept(self) -> Iterator[tuple[bytes, dict[str, float | None]]]:
        """The lines of the rows up to `until`, with their figures."""
        path, last = within(self._folder, STEPS), 0
        if not self._until or not path.exists():
            return
        try:
            with path.open("rb") as file:
                if file.readline(_LONGEST) != self._head:
                    return
                while (figures := self._figures(line := file.readline(_LONGEST))) is not None:
                    step = int(figures["step"] or 0)
                    if step % self._every or not last < step <= self._until:
                        return
                    yield line, figures
                    last = step
        except OSError:  # what cannot be read is lost, as `lacks` tells
            return

    def _figures(self, line: bytes) -> dict[str, float | None] | None:
        """The figures of a line; None where no run would have written it."""
        cells = line.decode("ascii", errors="replace").removesuffix("\n").split(",")
        if not line.endswith(b"\n") or len(cells) != len(self._columns):
            return None
        if not all(re.fullmatch(r"[0-9]{1,18}", cell) for cell in cells[:2]):
            return None
        if not all(re.fullmatch(r"|nan|-?(inf|[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?)", cell) for cell in cells[2:]):
            return None
        numbers: list[float | None] = [int(cell) for cell in cells[:2]]
        return dict(zip(self._columns, [*numbers, *(float(c) if c else None for c in cells[2:])], strict=True))


def steps_table(folder: Path, recipe: Recipe, until: int) -> StepsTable | None:
    """The table in the folder of a run of a recipe that goes on from a step; None where the recipe wants none."""
    if recipe.log_every is None:
        return None
    return StepsTable(folder, recipe.log_every, recipe.clip is not None and recipe.clip.measures, until)

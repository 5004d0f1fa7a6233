"""The weights that a run has on the disk, and those that it owes to a disk that refused them."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.files.run_folder import BEST, EMA, KEPT, LAST, kept_as
from netspec.files.writing import within, write_within
from netspec.interop.weight_files import read_weights, weight_bytes
from netspec.training.keeping.checkpoint import Checkpoint, link_weights, write_checkpoint


class WeightsKept:
    """Writes a run's weights. A disk that refuses, a full one say, stops no run: it is asked again the next time.

    Attributes:
        step: The steps of the checkpoint that is whole on the disk; None where there is none yet.
        late: Whether the best weights are written with the next checkpoint, and no earlier.
        refused: The latest refusal; None where all is written.
        best: Epoch and step of the best weights that were written; None where there are none.
    """

    def __init__(self, folder: Path, step: int | None, note: Callable[[str], None], *, late: bool = False) -> None:
        """Begin with the checkpoint that the folder has, of so many steps; `note` tells of what is refused."""
        self.folder, self.step, self.late, self._note = folder, step, late, note
        self.refused: NetspecError | None = None
        self.best: tuple[int, int] | None = None
        self._owed: Mapping[str, Tensor] | None = None
        self._owed_at = (0, 0)

    def write_best(self, weights: Mapping[str, Tensor], epoch: int, step: int) -> Mapping[str, Tensor] | None:
        """Write the best weights so far, of an epoch that ended with a step.

        A copy on the CPU is kept until the disk takes them.

        Returns:
            The copy; None where they are on the disk.
        """
        self._owed, self._owed_at = weights, (epoch, step)
        if not self.late and self._try(self._write_owed):
            return None
        self._owed = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
        return self._owed

    def write_epoch(self, weights: Mapping[str, Tensor], epoch: int, kept: Collection[int]) -> None:
        """Write the weights of one of the best epochs, and remove those of epochs that are no longer among them.

        Args:
            weights: As they were judged.
            epoch: Its number.
            kept: The numbers of the best epochs.
        """
        if not self._try(lambda: write_within(self.folder, kept_as(epoch), weight_bytes(weights))):
            return
        within(self.folder, KEPT, stat.S_IFDIR)
        for number in set(range(1, epoch)).difference(kept):
            with suppress(OSError):
                (self.folder / kept_as(number)).unlink()

    def save(self, step: int, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, and give its weights their names. None is written that names best weights not on disk."""

        def write() -> None:
            self._write_owed()
            made = write_checkpoint(self.folder, step, checkpoint)
            self.step = step
            link_weights(made, self.folder)

        if self._try(write):
            self.refused = None

    def write_owed(self) -> None:
        """Write the best weights that are not yet on the disk, once a run has failed."""
        self._try(self._write_owed)

    def whole(self) -> str | None:
        """What is told of the checkpoint on the disk, how the run goes on from it, and best weights that are newer.

        None where there is neither.
        """
        best = None
        if self.best is not None and self.best[1] > (self.step or 0):
            best = f"{self.folder / BEST} of epoch {self.best[0]} is whole"
        if self.step is None:
            return best
        told = f"the checkpoint of step {self.step:,} is whole: `netspec train --resume {self.folder}`"
        return f"{best}; {told}" if best else told

    def settle(self, step: int, checkpoint: Checkpoint) -> NetspecError | None:
        """Write once more what the disk has refused: the checkpoint of the end, or else its weights alone.

        Returns:
            The error of weights that are lost, which names the checkpoint that is whole; None where none are.
        """
        self.save(step, checkpoint)
        if self.refused is None:
            return None

        def write() -> None:
            write_within(self.folder, LAST, weight_bytes(checkpoint.weights))
            if checkpoint.average is not None:
                write_within(self.folder, EMA, weight_bytes(checkpoint.average))
            self._write_owed()

        if self._try(write):
            self.refused = None
            latest = (
                "there is no checkpoint"
                if self.step is None
                else f"the latest checkpoint is that of step {self.step:,}"
            )
            self._note(f"the final weights are whole; {latest}")
        return self.lost()

    def lost(self) -> NetspecError | None:
        """The error of weights that are in memory alone, NS0805; None where there are none."""
        if self.refused is None:
            return None
        reason = self.refused.diagnostics[0].message
        whole = self.whole()
        help = whole if self.step is None else f"{whole} goes on from it"
        return NetspecError.of(Code.TRAINING_FAILED, f"the latest weights are lost: {reason}", help=help)

    def _write_owed(self) -> None:
        if self._owed is not None:
            write_within(self.folder, BEST, weight_bytes(self._owed))
            self.best, self._owed = self._owed_at, None

    def _try(self, write: Callable[[], None]) -> bool:
        """Whether the disk took what is written; a refusal is noted, and nothing else is forgiven.

        Raises:
            NetspecError: NS0925: a link stands where something is to be written.
        """
        try:
            write()
        except NetspecError as error:
            (found, *_) = error.diagnostics
            if found.code is not Code.FILE_UNWRITABLE:
                raise
            if self.refused is None:
                whole = "" if self.step is None else f"the checkpoint of step {self.step:,} is whole, and "
                self._note(f"{printable(found.message)}; {whole}the run goes on")
            self.refused = error
            return False
        return True


def inherit(folder: Path, parent: Path, kept: Iterable[int], note: Callable[[str], None]) -> None:
    """Give a longer run the weights that its parent's best epochs left.

    Args:
        folder: The longer run's.
        parent: Its parent's, which has the best.
        kept: The numbers of the best epochs. Those whose weights are gone, or damaged, are told of and left out.
        note: Takes what is told.
    """
    write_within(folder, BEST, weight_bytes(read_weights(within(parent, BEST)).tensors))
    for epoch in kept:
        file = within(parent, name := kept_as(epoch))
        try:
            content = weight_bytes(read_weights(file).tensors)
        except NetspecError as error:
            note(f"`{KEPT}` goes without the weights of epoch {epoch}: {printable(error.diagnostics[0].message)}")
        else:
            write_within(folder, name, content)

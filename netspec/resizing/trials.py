"""Trials of input shapes: replayed from a recording if its guards hold, else elaborated."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import NetspecError
from netspec.frontend.document import Document
from netspec.resizing.outcome import Sized
from netspec.resizing.recording import Recording, record, recorder
from netspec.resizing.replay import Diverged, replay
from netspec.shape import Shape

WORK = 400_000
"""The default number of layers that trials of one network process: far above the need of the zoo's largest."""

REPLAYED = 8
"""The number of replayed calls that cost as much as one elaborated call."""

KEPT = 8
"""The number of recordings that are kept: a spec may give different networks for large and small images."""


class Exhausted(Exception):
    """The limit of work is reached; no further shape is tried."""


class Trials:
    """Tries input shapes on one document.

    Args:
        document: The document.
        work: The number of layers that all trials together may process.
    """

    def __init__(self, document: Document, work: int = WORK) -> None:
        self.document = document
        self.left = work
        self.recordings: list[Recording] = []

    def __call__(self, shapes: Mapping[str, Shape]) -> Sized | None:
        """The network for these shapes of its inputs; None if it does not accept them.

        Raises:
            Exhausted: The limit of work was reached before.
        """
        self.pay(0)
        for recording in self.recordings:
            if not _is_repeatable(recording, shapes):
                continue
            self.left -= 1 + len(recording.applications) // REPLAYED
            try:
                found = replay(recording, shapes)
            except Diverged:
                continue
            self._put_first(recording)
            return found
        el = recorder(self.document)
        try:
            made = record(el, shapes)
        except NetspecError:
            return None
        finally:
            self.left -= 1 + el.unrolled
        self._put_first(made)
        return made.own

    def pay(self, work: int) -> None:
        """Count additional work.

        Raises:
            Exhausted: The limit of work was reached before.
        """
        if self.left < 0:
            raise Exhausted
        self.left -= work

    def _put_first(self, recording: Recording) -> None:
        others = [each for each in self.recordings if each is not recording]
        self.recordings = [recording, *others[: KEPT - 1]]


def _is_repeatable(recording: Recording, shapes: Mapping[str, Shape]) -> bool:
    """Whether a recording may apply to these shapes: same inputs, same numbers of axes, and no size of 0."""
    inputs = recording.own.graph.inputs
    return shapes.keys() == inputs.keys() and all(
        len(shape) == len(inputs[name].shape) and min(shape, default=1) > 0 for name, shape in shapes.items()
    )

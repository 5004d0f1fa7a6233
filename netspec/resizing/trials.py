"""Tries of input shapes: repeated from what was recorded where that is the same, elaborated where it is not."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import NetspecError
from netspec.frontend.document import Document
from netspec.resizing.outcome import Sized
from netspec.resizing.recording import Recording, record, recorder
from netspec.resizing.replay import Diverged, replay
from netspec.shape import Shape

WORK = 400_000
"""Layers that trials of one network go through, unless it is said: many times what the largest of the zoo need."""

REPLAYED = 8
"""So many calls are repeated with the work of one that is elaborated."""

KEPT = 8
"""So many recordings are kept: a spec may come to another network for large images than for small ones."""


class Exhausted(Exception):
    """So much work was done that no further shape is tried."""


class Trials:
    """Tries input shapes on one document.

    Args:
        document: The document.
        work: Layers that all trials together may elaborate or go through.
    """

    def __init__(self, document: Document, work: int = WORK) -> None:
        self.document = document
        self.left = work
        self.recordings: list[Recording] = []

    def __call__(self, shapes: Mapping[str, Shape]) -> Sized | None:
        """The network for these shapes of its inputs; None where it does not take them.

        Raises:
            Exhausted: There was too much to do before it.
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
        """Count work that is done besides.

        Raises:
            Exhausted: There was too much before it.
        """
        if self.left < 0:
            raise Exhausted
        self.left -= work

    def _put_first(self, recording: Recording) -> None:
        others = [each for each in self.recordings if each is not recording]
        self.recordings = [recording, *others[: KEPT - 1]]


def _is_repeatable(recording: Recording, shapes: Mapping[str, Shape]) -> bool:
    """Whether a recording may hold for these shapes: they are of its inputs, with as many axes, and no size is 0."""
    inputs = recording.own.graph.inputs
    return shapes.keys() == inputs.keys() and all(
        len(shape) == len(inputs[name].shape) and min(shape, default=1) > 0 for name, shape in shapes.items()
    )

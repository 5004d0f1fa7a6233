"""Tries of input shapes: repeated from what was recorded where that is the same, elaborated where it is not."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import NetspecError
from netspec.frontend.document import Document
from netspec.resizing.outcome import Sized
from netspec.resizing.recorder import Recording, record
from netspec.resizing.replay import Diverged, replay
from netspec.shape import Shape

KEPT = 8
"""So many recordings are kept: a spec may come to another network for large images than for small ones."""


class Trials:
    """Tries input shapes on one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.recordings: list[Recording] = []

    def __call__(self, shapes: Mapping[str, Shape]) -> Sized | None:
        """The network for these shapes of its inputs; None where it does not take them."""
        for recording in self.recordings:
            if not _is_repeatable(recording, shapes):
                continue
            try:
                found = replay(recording, shapes)
            except Diverged:
                continue
            self._put_first(recording)
            return found
        try:
            made = record(self.document, shapes)
        except NetspecError:
            return None
        self._put_first(made)
        return made.own

    def _put_first(self, recording: Recording) -> None:
        others = [each for each in self.recordings if each is not recording]
        self.recordings = [recording, *others[: KEPT - 1]]


def _is_repeatable(recording: Recording, shapes: Mapping[str, Shape]) -> bool:
    """Whether a recording may hold for these shapes: they are of its inputs, with as many axes, and no size is 0."""
    inputs = recording.own.graph.inputs
    return shapes.keys() == inputs.keys() and all(
        len(shape) == len(inputs[name].shape) and min(shape, default=1) > 0 for name, shape in shapes.items()
    )

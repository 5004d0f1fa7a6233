"""The end of a search whose trials fail alike from the first one on: what no point of its axes seems to mend."""

from __future__ import annotations

from netspec.diagnostics import Code, NetspecError
from netspec.search.trial import Outcome

_ALIKE = 3
"""Failures alike after which a search ends."""


class Failures:
    """The failures of a search so far.

    Those of training itself, such as of a rate too high or a network too large for the memory, are each point's own.

    Args:
        lives: Whether a trial has come further already.
    """

    def __init__(self, lives: bool) -> None:
        self._lives = lives
        self._last: tuple[str, str] | None = None
        self._times = 0

    def note(self, outcome: Outcome) -> None:
        """Take note of a trial's end.

        Raises:
            NetspecError: That of the trial, after three alike of which nothing else came.
        """
        self._lives |= outcome.state in ("trained", "stopped")
        if self._lives or outcome.state != "failed" or outcome.error is None:
            return
        first, *rest = outcome.error.diagnostics
        kind = (first.code.number, first.message)
        self._times = self._times + 1 if kind == self._last else 1
        self._last = kind
        if self._times < _ALIKE or first.code is Code.TRAINING_FAILED:
            return
        told = f"the search has ended, since its first {_ALIKE} trainings failed alike"
        raise NetspecError([first.advised(told), *rest])

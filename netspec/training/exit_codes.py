"""The exit codes of runs that a signal ended. Imports no torch."""

from __future__ import annotations

_BY_SIGNAL = 128
"""The difference between a signal's number and the exit code of a process that it ended, by the shells' custom."""


def exit_code(signal: int | None) -> int:
    """The exit code of a command that a signal ended, which has cleaned up; 0 for None."""
    return 0 if signal is None else _BY_SIGNAL + signal

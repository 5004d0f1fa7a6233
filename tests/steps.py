"""Steps counted in place of seconds: their number is the same on every machine, whatever else it does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class TooManySteps(BaseException):
    """A bound of steps is exceeded; no exception that the code inside may expect."""


@contextmanager
def steps(most: int) -> Iterator[None]:
    """Let the code inside call at most so many functions, those of C among them, each call and each return a step."""
    left = most

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            sys.setprofile(None)
            raise TooManySteps(f"more than {most:,} steps")

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)

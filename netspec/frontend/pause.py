"""A pause of the garbage collector, for stages that make many small objects and drop none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause the garbage collector; as a decorator, for the whole of a function.

    Without this, the collector walks all objects again and again, and time per layer grows with the number of layers.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

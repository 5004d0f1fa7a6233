"""A pause of the garbage collector, for stages that make many small objects and drop none."""

from __future__ import annotations

import gc
import sys
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


@contextmanager
def importing(library: str) -> Iterator[None]:
    """Import a large library, and what stands on it, with the collector paused; as old objects they stay.

    The collector walks all that is new to it at once, and again as it ages: for torch's objects that is 0.3 s. Frozen
    and unfrozen, which takes no walk, they are of its oldest generation.
    """
    if library in sys.modules:
        yield
        return
    with collection_paused():
        yield
        if gc.get_freeze_count() == 0:  # else others have frozen objects, which stay so
            gc.freeze()
            gc.unfreeze()

"""Calls of modules, watched as they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

Note = Callable[[str, Any], None]
"""Takes the path of a called module, and its inputs or its outputs."""


@contextmanager
def watched(
    modules: Mapping[str, nn.Module], before: Note = lambda path, given: None, after: Note = lambda path, result: None
) -> Iterator[None]:
    """Note each call of the modules inside the context: `before` with the inputs, and `after` with the outputs."""

    def hook(note: Note, path: str) -> Callable[..., None]:
        return lambda module, *values: note(path, values[-1])

    handles = [module.register_forward_pre_hook(hook(before, path)) for path, module in modules.items()]
    handles += [module.register_forward_hook(hook(after, path)) for path, module in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()

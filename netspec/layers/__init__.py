"""The layers, found by walking this package: a new file with a `Layer` class is all it takes."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from netspec.layers.base import Layer


@cache
def registry() -> dict[str, type[Layer]]:
    """Every layer by its YAML name, sorted.

    Raises:
        RuntimeError: Two classes bear one name.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    found: dict[str, type[Layer]] = {}
    pending: list[type[Layer]] = [Layer]
    while pending:
        cls = pending.pop()
        pending.extend(cls.__subclasses__())
        if not cls.__dict__.get("op"):
            continue
        if cls.op in found:
            raise RuntimeError(f"layer {cls.op!r} is defined by {found[cls.op].__name__} and {cls.__name__}")
        found[cls.op] = cls
    return dict(sorted(found.items()))

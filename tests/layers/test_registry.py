"""Which layers there are: names are read off the files, and must be those of the classes in them."""

from __future__ import annotations

import importlib
import pkgutil

from netspec import layers
from netspec.layers.base import Layer


def test_every_class_is_named_by_its_file() -> None:
    for module in pkgutil.iter_modules(layers.__path__):
        importlib.import_module(f"{layers.__name__}.{module.name}")
    pending = [Layer]
    defined = {}
    for cls in pending:  # grows while it is walked
        pending += cls.__subclasses__()
        if cls.__dict__.get("op") and layers.is_builtin(cls):
            defined[cls.op] = cls
    known = layers.registry()
    unnamed = sorted(f"{cls.__module__}.{cls.__qualname__}" for op, cls in defined.items() if op not in known)
    assert not unnamed, f'write `op: ClassVar = "name"` on a line of its own in {unnamed}'
    assert {op: cls for op, cls in known.items() if layers.is_builtin(cls)} == defined


def test_what_there_is_not_is_no_layer() -> None:
    assert "nonesuch" not in layers.registry()
    assert layers.registry().get("nonesuch") is None
    assert len(layers.registry()) == len([*layers.registry()])

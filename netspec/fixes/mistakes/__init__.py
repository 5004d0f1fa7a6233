"""The mistakes, found by walking this package: a new file with a `Mistake` class is all it takes."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from netspec.diagnostics import Code
from netspec.diagnostics.codes import LintCode
from netspec.fixes.base import Mistake


@cache
def mistakes(code: Code | LintCode) -> tuple[Mistake, ...]:
    """The mistakes that a code may come from, by the names of their files."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        importlib.import_module(f"{__name__}.{module.name}")
    found = sorted(Mistake.__subclasses__(), key=lambda cls: (cls.__module__, cls.__qualname__))
    return tuple(cls() for cls in found if code in cls.codes)

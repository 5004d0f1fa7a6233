"""The ways of looking at a network: each is one file here, whose name is that of `--show`.

A file has a `METHOD`. Names are known without importing a file, and with it torch.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.look.method import Method


def methods() -> list[str]:
    """The names of all methods."""
    return sorted(each.name for each in pkgutil.iter_modules(__path__))


def method_named(name: str) -> Method:
    """The method with that name, which is one of `methods`."""
    found: Method = importlib.import_module(f"{__name__}.{name}").METHOD
    return found

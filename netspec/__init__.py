"""netspec: a declarative compiler from YAML to neural networks.

    >>> import netspec
    >>> spec = netspec.load("resnet50", classes=10)
    >>> netspec.analyze(spec).weights.total.params
    23528522
    >>> model = netspec.compile(spec, device="cpu")    # a torch.nn.Module
    >>> source = netspec.generate(spec)                # its Python source

Importing netspec imports neither torch nor anything heavy; names are loaded when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netspec.version import __version__

if TYPE_CHECKING:
    from netspec.api import (
        Spec,
        analyze,
        apply_fix,
        compile,
        diff,
        elaborate,
        generate,
        load,
        load_weights,
        loads,
        review,
        verify,
        zoo,
    )
    from netspec.diagnostics import Diagnostic, NetspecError
    from netspec.exporters.driver import export
    from netspec.recipe.checking import check
    from netspec.recipe.json_schema import schema
    from netspec.recipe.memory import memory

__all__ = [
    "Diagnostic",
    "NetspecError",
    "Spec",
    "__version__",
    "analyze",
    "apply_fix",
    "check",
    "compile",
    "diff",
    "elaborate",
    "export",
    "generate",
    "load",
    "load_weights",
    "loads",
    "memory",
    "review",
    "schema",
    "verify",
    "zoo",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    if name in ("Diagnostic", "NetspecError"):
        from netspec import diagnostics

        return getattr(diagnostics, name)
    if name == "check":
        from netspec.recipe import checking

        return checking.check
    if name == "export":
        from netspec.exporters import driver

        return driver.export
    if name == "memory":
        from netspec.recipe import memory

        return memory.memory
    if name == "schema":
        from netspec.recipe import json_schema

        return json_schema.schema
    from netspec import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted(__all__)

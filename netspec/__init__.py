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
        check,
        compile,
        diff,
        draw,
        elaborate,
        explore,
        export,
        generate,
        load,
        load_weights,
        loads,
        memory,
        review,
        schema,
        time,
        verify,
        zoo,
    )
    from netspec.diagnostics import Diagnostic, NetspecError

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
    "draw",
    "elaborate",
    "explore",
    "export",
    "generate",
    "load",
    "load_weights",
    "loads",
    "memory",
    "review",
    "schema",
    "time",
    "verify",
    "zoo",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    if name in ("Diagnostic", "NetspecError"):
        from netspec import diagnostics

        return getattr(diagnostics, name)
    from netspec import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""netspec: a declarative compiler from YAML to neural networks.

    >>> import netspec
    >>> spec = netspec.load("resnet50", classes=10)
    >>> netspec.analyze(spec).weights.total.params
    23528522
    >>> model = netspec.compile(spec, device="cpu")    # a torch.nn.Module
    >>> source = netspec.generate(spec)                # its Python source
    >>> run = netspec.train("lenet", epochs=2)         # a netspec.Run

Importing netspec imports neither torch nor anything heavy; names are loaded when they are used.
"""

from __future__ import annotations

import importlib
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
        generate_tokens,
        load,
        load_weights,
        loads,
        memory,
        review,
        schema,
        start,
        time,
        verify,
        zoo,
    )
    from netspec.diagnostics import Diagnostic, NetspecError
    from netspec.look.filtering import apply
    from netspec.look.looking import look_at
    from netspec.look.shifting import shift
    from netspec.look.stepping import step
    from netspec.search.interface import search_over
    from netspec.training.finished import Run
    from netspec.training.interface import StopTraining, train

__all__ = [
    "Diagnostic",
    "NetspecError",
    "Run",
    "Spec",
    "StopTraining",
    "__version__",
    "analyze",
    "apply",
    "apply_fix",
    "check",
    "compile",
    "diff",
    "draw",
    "elaborate",
    "explore",
    "export",
    "generate",
    "generate_tokens",
    "load",
    "load_weights",
    "loads",
    "look_at",
    "memory",
    "review",
    "schema",
    "search_over",
    "shift",
    "start",
    "step",
    "time",
    "train",
    "verify",
    "zoo",
]

_ELSEWHERE = {
    **dict.fromkeys(("Diagnostic", "NetspecError"), "netspec.diagnostics"),
    "apply": "netspec.look.filtering",
    "look_at": "netspec.look.looking",
    "search_over": "netspec.search.interface",
    "shift": "netspec.look.shifting",
    "step": "netspec.look.stepping",
    "Run": "netspec.training.finished",
    **dict.fromkeys(("StopTraining", "train"), "netspec.training.interface"),
}
"""The modules of names that `netspec.api`, which imports no training, does not have."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    return getattr(importlib.import_module(_ELSEWHERE.get(name, "netspec.api")), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """Give notebooks the magic `%netspec summary lenet`, by `%load_ext netspec`."""
    from netspec.cli.magic import register

    register(ipython)

"""`activation`: a layer without weights, applied inside an entry."""

from __future__ import annotations

from typing import Any

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Unknown
from netspec.frontend.problems import Report, kind_of
from netspec.frontend.source import Path_
from netspec.layers import registry
from netspec.layers.base import Layer


def activation_class(operation: Any) -> type[Layer] | None:
    """The layer that may stand as an `activation` under this name."""
    cls = registry().get(operation) if isinstance(operation, str) else None
    return cls if cls is not None and cls.function is not None else None


def unknown_activation(report: Report, operation: Any, path: Path_) -> None:
    """Report an `activation` that is none."""
    is_layer = isinstance(operation, str) and operation in registry()
    report.add(
        Code.BAD_OPTION,
        f"`{operation}` cannot be an `activation`" if is_layer else "there is no such activation",
        path,
        found=kind_of(operation),
        expected="a layer without weights that computes on each element, such as `relu`",
        help="write it as an entry of its own, after this one" if is_layer else None,
        fact=None if is_layer else _meant(str(operation)),
    )


def _meant(name: str) -> Unknown:
    """An activation that there is not."""
    from netspec.frontend.foreign import unknown_layer

    return unknown_layer(name, [op for op, each in registry().items() if each.function is not None])

"""`activation`: a layer without weights, applied inside an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics import Code
from netspec.diagnostics.facts import TakesNone, Unknown
from netspec.frontend.form_errors import form_errors
from netspec.frontend.problems import Report, kind_of
from netspec.frontend.source import Path_
from netspec.layers import registry
from netspec.layers.base import Layer


def activation_class(operation: Any) -> type[Layer] | None:
    """The layer that may stand as an `activation` under this name."""
    cls = registry().get(operation) if isinstance(operation, str) else None
    return cls if cls is not None and cls.function is not None else None


def activation_layer(
    report: Report, written: Any, path: Path_, make: Callable[[type[Layer], dict[str, Any]], Layer]
) -> Layer | None:
    """The layer of an `activation`; None if it is invalid, which is reported.

    Args:
        report: Takes the errors.
        written: A layer's name, or a mapping of the name to its main argument, and options.
        path: Its place.
        make: Makes a layer from its options.
    """
    operation, main, options = written, None, {}
    if isinstance(written, dict) and written:
        operation, main = next(iter(written.items()))
        options = {key: value for key, value in written.items() if key != operation}
    cls = activation_class(operation)
    if cls is None:
        unknown_activation(report, operation, path)
        return None
    if main is not None and cls.main is None:
        help = f"write `activation: {operation}`"
        report.add(Code.BAD_ENTRY, "", path, found=kind_of(main), help=help, fact=TakesNone(str(operation)))
        return None
    if main is not None:
        options = {str(cls.main): main, **options}
    try:
        return make(cls, options)
    except ValidationError as error:
        report.extend(replace(each, location=path) for each in form_errors(error, cls, path, option=True))
        return None


def unknown_activation(report: Report, operation: Any, path: Path_) -> None:
    """Report an `activation` that does not exist."""
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
    """The diagnostic fact of an activation that does not exist."""
    from netspec.frontend.foreign import unknown_layer

    return unknown_layer(name, [op for op, each in registry().items() if each.function is not None])

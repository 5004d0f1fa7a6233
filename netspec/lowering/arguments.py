"""The arguments of a class, and the variables that its constructor computes from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.frontend.parameters import REQUIRED, Parameter
from netspec.frontend.written import Written
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Local
from netspec.program.building import Let


def parameters_of(
    klass: ClassBuilder,
    declared: Mapping[str, Parameter],
    given: Sequence[Mapping[str, Any]],
    fixed: Collection[str] = (),
) -> dict[str, Identifier]:
    """The formals of the params of a block or of the network, by the params' names.

    Args:
        klass: The class that takes them.
        declared: The params.
        given: Their values, for each instance.
        fixed: Params of the network that are not arguments of its class, but constants.
    """
    found = {}
    for name, parameter in declared.items():
        values = [each[name] for each in given]
        default: Expr | None = None
        if klass.kind == "network" and name in fixed:
            klass.env[name] = literal_of(values[0])
            continue
        if klass.kind == "network":
            default = literal_of(values[0])
        elif parameter.default is not REQUIRED and not has_expression(parameter.default):
            default = literal_of(parameter.default)
        expr = klass.formal(name, "parameter", name, values, default)
        assert isinstance(expr, e.Name)
        klass.env[name] = expr
        found[name] = expr.id
    return found


def lets(
    klass: ClassBuilder, written: Mapping[str, Any], given: Sequence[Mapping[str, Any]], flow: Local | None
) -> None:
    """The variables of a section `let`; each that is more than a name becomes a statement of the constructor."""
    for name, raw in written.items():
        if made := klass.let(name, raw, flow, klass.lanes, [each[name] for each in given]):
            klass.build.append(Let(made, klass.locals[made]))


def has_expression(written: Any) -> bool:
    """Whether a value as written holds an expression."""
    if isinstance(written, (list, tuple)):
        return any(has_expression(each) for each in written)
    return isinstance(written, Written)


def literal_of(value: Any) -> Expr:
    """A plain value as a literal of the program."""
    return e.literal(plain(value))


def plain(value: Any) -> Any:
    """A plain value with tuples for its lists, and with the names of its layers and blocks."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(v) for v in value)
    return e.without_bindings(value)

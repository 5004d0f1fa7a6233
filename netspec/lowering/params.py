"""Which params of a spec can be keyword arguments of its network's class.

A program is right for the values that the params have. With other values it has to be what the spec comes to when they
are set. What the spec acted on while the program was made is known (`decisions`), and those params are fixed already. A
size that was equal by chance, or a layer's rule that acts on a size, may make it something else still. So other values
are tried, and a param that the program is not right for stays fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Literal, get_args, get_origin

from netspec.diagnostics import NetspecError
from netspec.frontend.document import Document
from netspec.frontend.network import elaborate
from netspec.frontend.problems import Report
from netspec.graph import Graph
from netspec.layers import registry
from netspec.layers.base import Layer
from netspec.lowering.errors import LoweringError
from netspec.lowering.verify import verify
from netspec.program.classes import Program
from netspec.resolve import Refused

TRIALS = 3
"""Other values that each param is tried with, of those that the spec accepts."""

ACTIVATIONS = ("relu", "tanh", "gelu")


def unfit(program: Program, document: Document, graph: Graph) -> frozenset[str]:
    """Params that are arguments of the network's class though it is not right for other values of theirs."""
    given = {name: graph.root.source.arguments[name] for name in document.params}
    read = [formal.name for formal in program.main.formals if formal.name in given]
    other = {name: list(_others(given[name])) for name in read}
    together = [{str(name): values[n] for name, values in other.items() if n < len(values)} for n in range(TRIALS)]
    if all(_holds(program, document, values) for values in together):
        return frozenset()
    return frozenset(name for name in read if not _fits(program, document, name, other[name]))


def _fits(program: Program, document: Document, name: str, values: list[Any]) -> bool:
    """Whether the program is right with the first few of these values that the spec accepts."""
    answers = (answer for value in values if (answer := _holds(program, document, {name: value})) is not None)
    return all(answer for _, answer in zip(range(TRIALS), answers, strict=False))


def _holds(program: Program, document: Document, values: Mapping[str, Any]) -> bool | None:
    """Whether the program, called with these values, is what the spec comes to; None where one of both refuses them."""
    changed = {name: replace(document.params[name], default=value) for name, value in values.items()}
    varied = replace(document, params={**document.params, **changed})
    try:
        graph = elaborate(varied, Report(document.places))
    except NetspecError:
        return None
    try:
        verify(program, graph, values)
    except Refused:
        return None
    except LoweringError:
        return False
    return True


def _others(value: Any) -> Iterator[Any]:
    """Values that a param might have instead, those most likely to be accepted first."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (2 * value, *([value - 1] if value > 1 else []), value + 1, 3 * value)
    elif isinstance(value, float):
        yield from (value / 2, value * 0.75, value * 2, value * 1.5) if value else (0.5, 0.25, 1.0)
    elif isinstance(value, (list, tuple)) and value:
        columns = [next(_others(each), each) for each in value]
        yield tuple(columns)
        yield tuple(reversed(value))
        yield (*value, value[-1])
        yield tuple(value[:-1])
    elif isinstance(value, str) and value in registry():
        yield from (name for name in ACTIVATIONS if name != value)
    elif isinstance(value, str):
        yield from (other for other in _choices(value) if other != value)


@cache
def _choices(value: str) -> tuple[str, ...]:
    """The texts that layers' options offer beside one."""
    offered = (choices for layer in registry().values() for choices in _literals(layer))
    return tuple(dict.fromkeys(text for choices in offered if value in choices for text in choices))


def _literals(layer: type[Layer]) -> Iterator[tuple[str, ...]]:
    pending: list[Any] = [field.annotation for field in layer.model_fields.values()]
    while pending:
        kind = pending.pop()
        if get_origin(kind) is Literal:
            yield tuple(each for each in get_args(kind) if isinstance(each, str))
        else:
            pending.extend(get_args(kind))

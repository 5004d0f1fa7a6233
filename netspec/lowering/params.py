"""Which params of a spec can be keyword arguments of its network's class.

A program is right for the values that the params have. With other values it has to be what the spec comes to when they
are set: a size that was equal by chance, a condition that all instances decided alike or a name that counts on may make
it something else. So other values are tried, and a param that the program is not right for stays fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.frontend.document import Document
from netspec.frontend.elaborate import elaborate
from netspec.frontend.problems import Report
from netspec.graph import Graph
from netspec.layers import registry
from netspec.lowering.errors import LoweringError
from netspec.lowering.verify import verify
from netspec.program.classes import Program

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
    """Whether the program, called with these values, is what the spec comes to; None where the spec refuses them."""
    changed = {name: replace(document.params[name], default=value) for name, value in values.items()}
    varied = replace(document, params={**document.params, **changed})
    try:
        graph = elaborate(varied, Report(document.places))
    except NetspecError:
        return None
    try:
        verify(program, graph, values)
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
        yield from (value / 2, value * 0.75, value * 2, value * 1.5)
    elif isinstance(value, (list, tuple)) and value:
        columns = [next(_others(each), each) for each in value]
        yield tuple(columns)
        yield tuple(reversed(value))
        yield (*value, value[-1])
        yield tuple(value[:-1])
    elif isinstance(value, str) and value in registry():
        yield from (name for name in ACTIVATIONS if name != value)

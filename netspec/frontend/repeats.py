"""Repeats: rounds in sequence, or side by side as branches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Kind, WrongType
from netspec.expr.symbols import concrete, items_of
from netspec.expr.tracing import round_of
from netspec.frontend.bindings import set_aside
from netspec.frontend.carrying import Gathered, carried
from netspec.frontend.context import Bound, Context, Flow, Origin, enter, without_index
from netspec.frontend.entries import Entry
from netspec.frontend.flow import incoming as incoming_of
from netspec.frontend.flow import module_name
from netspec.frontend.problems import Failed, kind_of
from netspec.graph import Scope

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def repeat(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """The rounds of an entry's `repeat`; each takes the output of the one before, and the other inputs of the first."""
    scope, at = enter(el, entry, context, flow, name, "repeat", level=name is not None)
    rounds: list[Mapping[str, Any]] = []
    carry = carried(el, entry, context, flow)
    gathered = Gathered(entry, carry)
    items, number = counted(el, entry, at, flow)
    flow = carry.first
    flows = [flow]
    try:
        for bound in each_round(el, entry, items, number):
            given = carry.given(flow)
            inside = el.inside(entry, replace(at, variables={**at.variables, **bound}), given)
            rounds.append(inside.variables)
            made, result = el.once(entry, inside, given, None)
            origin = Origin(entry, inside.variables, given, result)
            scope.children.append(Scope("round", made.path, False, entry.operation, [made], origin))
            gathered.add(el, result)
            flow = carry.onward(el, entry, result)
            if result is not None and entry.operation != "parallel":
                set_aside(el, result)
            flows.append(flow)
    except Failed:
        if not scope.children:
            raise
        flow = None  # the rounds before the failure stay
    else:
        flow = el.after_rounds(scope, number, flows)
    gathered.bind(el, context, flow)
    scope.source.rounds = tuple(rounds)
    if scope.level:
        el.made.setdefault(scope.path, scope)
    return scope, flow


def fan(el: Elaborator, entry: Entry, context: Context, flow: Flow, scope: Scope) -> Iterator[Flow]:
    """One branch for each round of a repeat in a list of branches; all take the same inputs."""
    part = Scope("branch", scope.path, False, "branches", source=Origin(None, context.variables, flow, fan=True))
    scope.children.append(part)
    common = entry.common
    for key in ("carry", "collect"):
        if getattr(common, key) is not None:
            message = f"`{key}` has no rounds one after the other: each is a branch here"
            raise el.report.failure(Code.CONFLICTING_KEYS, message, (*entry.path, key), key=True, help="leave it out")
    context = without_index(context)
    if not el.condition(common.when, (*entry.path, "when"), context, flow):
        part.children.append(Scope("absent", scope.path, False, entry.operation, source=Origin(entry, {}, flow)))
        return
    incoming = incoming_of(el, entry, context, flow)
    name = module_name(el, entry, context, incoming) if common.name is not None else None
    repeated, at = enter(el, entry, context, incoming, name, "repeat", level=name is not None)
    repeated.source.taken = common.from_
    part.children.append(repeated)
    # Values outside the rounds are read already; each round reads the others itself.
    plain = replace(entry, common=common.model_copy(update={"repeat": None, "name": None, "from_": None, "when": True}))
    results: list[Flow] = []
    rounds = []
    for bound in each_round(el, entry, *counted(el, entry, at, incoming)):
        rounds.append(bound)
        inside = replace(at, variables={**at.variables, **bound})
        made, result = el.entry(plain, inside, incoming)
        origin = Origin(entry, inside.variables, incoming, result)
        repeated.children.append(Scope("round", made.path, False, entry.operation, [made], origin))
        results.append(result)
    repeated.source.rounds = tuple(rounds)
    if name is not None:
        context.names.bind(name, Bound(results[-1] if results else incoming, repeated.source.inner))
    yield from results


def counted(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> tuple[Sequence[Any], int]:
    """The values of the rounds, and their number."""
    path = (*entry.path, "repeat")
    written = entry.common.repeat
    count, number = el.rounds(
        list(written) if isinstance(written, tuple) else written, path, context.variables, flow, context.inputs
    )
    if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return range(count), number
    if isinstance(count, (tuple, list)):
        return count, number
    raise el.report.failure(
        Code.BAD_REPEAT,
        "a repeat takes a count or a list",
        path,
        found=kind_of(count),
        expected="an integer, 0 or more, or a list with a value for each round",
        fact=WrongType("repeat", (Kind("integer"), Kind("list"))),
    )


def each_round(el: Elaborator, entry: Entry, items: Sequence[Any], number: int) -> Iterator[Mapping[str, Any]]:
    """The variables that each round binds: `i`, its index, and the names of `as`."""
    path = (*entry.path, "repeat")
    targets = entry.common.as_
    rounds = concrete(number)  # `len` of a range ends at 2^63
    for at, item in enumerate(items):
        el.count(path, rounds - at - 1, met=0)  # each further round has at least one entry
        before = el.unrolled
        index = round_of(at, number)
        bound: dict[str, Any] = {"i": index}
        if targets is not None and len(targets) == 1:
            bound[targets[0]] = index if isinstance(items, range) else item
        elif targets is not None:
            item = items_of(item)
            if not isinstance(item, (tuple, list)) or len(item) != len(targets):
                raise el.report.failure(
                    Code.BAD_REPEAT,
                    f"round {at} cannot be unpacked into {len(targets)} names",
                    (*path, at) if el.report.places.has((*path, at)) else path,
                    found=kind_of(item),
                    expected=f"{len(targets)} values for [{', '.join(targets)}]",
                )
            bound.update(zip(targets, item, strict=True))
        yield bound
        if el.unrolled == before and at:  # a layer, or nothing; the first round is the entry itself
            el.count(path)

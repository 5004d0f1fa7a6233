"""Repeats: loops where the rounds can share one text, else round after round."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec import expr as e
from netspec.expr import Expr
from netspec.graph import Scope
from netspec.lowering import body, chains
from netspec.lowering.lanes import Lane, Tensor, Unroll, agrees, differ
from netspec.lowering.modules import Result, instance, layer_call
from netspec.program import (
    Attach,
    CallFunction,
    CallModule,
    Chain,
    Child,
    For,
    ForChildren,
    ForCount,
    Function,
    Item,
    Keep,
    Loop,
    Make,
    Parameter,
    Rounds,
)

if TYPE_CHECKING:
    from netspec.lowering.klass import Klass

WRITTEN_OUT = 8
"""Entries up to which the rounds of an unnamed repeat are written out rather than looped over."""

CARRIED = {0: "channels", -1: "width", -2: "height"}
INDICES = "ijk"


class Looping:
    """The rounds of a repeat as lanes of their own, while the text of one round is made.

    Attributes:
        lanes: One for each round of each outer lane. scopes: The scope of each of these rounds.
        flow: What flows into a round; axes that change from round to round are variables.
        carried: For each such variable, its axis and its value before the loop.
    """

    def __init__(self, klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> None:
        self.klass = klass
        self.outer = list(lanes)
        self.items = list(items)
        self.lanes: list[Lane] = []
        self.scopes: list[Scope] = []
        self.entry = items[0].source.entry
        self.before = flow
        for lane, item in zip(lanes, items, strict=True):
            for one in item.children:
                assert isinstance(one, Scope)
                self.lanes.append(Lane(lane.path, lane))
                self.scopes.append(one)
        if not self.lanes:
            raise Unroll
        used = len(klass.loops)
        self.index = klass.name(INDICES[used] if used < len(INDICES) else f"i{used}")
        self.targets = self._bind()
        self.carried: dict[str, tuple[int, Expr]] = {}
        self.flow = self._enter(flow)
        if any(_escapes(klass, item) for item in items):
            raise Unroll

    def _bind(self) -> tuple[str, ...]:
        klass, common = self.klass, self.entry.common
        rounds = [bound for item in self.items for bound in item.source.rounds]
        klass.env["i"] = e.Name(self.index)
        numbers = [n for item in self.items for n in range(len(item.children))]
        for lane, number in zip(self.lanes, numbers, strict=True):
            lane.values[self.index] = number
        targets = []
        counting = all(not isinstance(value, Items) for value in self._iterables())
        for name in common.as_ or ():
            if counting:
                klass.env[name] = e.Name(self.index)
                continue
            variable = klass.name(name)
            klass.env[name] = e.Name(variable)
            targets.append(variable)
            for lane, bound in zip(self.lanes, rounds, strict=True):
                lane.values[variable] = bound[name]
        return tuple(targets)

    def _iterables(self) -> list[Any]:
        raw = self.entry.common.repeat
        return [raw] if isinstance(raw, (int, tuple, list)) else [self._concrete()]

    def _concrete(self) -> Any:
        """A list, or a count, as the repeat of the first instance comes to."""
        lane = self.outer[0]
        try:
            return e.evaluate(self.klass.lift(self.entry.common.repeat, self.before), lane.values)
        except e.ExpressionError:
            raise Unroll from None

    def _enter(self, flow: Tensor) -> Tensor:
        klass = self.klass
        values = {}
        for lane, scope in zip(self.lanes, self.scopes, strict=True):
            inputs = scope.source.inputs
            if not inputs:
                raise Unroll
            values[lane] = inputs[0]
        rank = len(flow.shape)
        if any(len(v.shape) != rank for v in values.values()):
            raise Unroll
        exprs = []
        for axis, expr in enumerate(flow.shape):
            if agrees(expr, self.lanes, [v.shape[axis] for v in values.values()]):
                exprs.append(expr)
                continue
            name = klass.name(CARRIED.get(axis) or CARRIED.get(axis - rank) or f"size{axis}")
            self.carried[name] = (axis, expr)
            for lane, value in values.items():
                lane.values[name] = value.shape[axis]
            exprs.append(e.Name(name))
        tensor = Tensor(flow.variable, values, tuple(exprs))
        if flow.variable:
            klass.tensors[flow.variable] = tensor
        return tensor

    def lets(self) -> None:
        """The entry's own `let`, written in where it is used."""
        for name, raw in self.entry.common.let.items():
            expr = self.klass.lift(raw, self.flow)
            wanted = [bound[name] for item in self.items for bound in item.source.rounds]
            self.klass.env[name] = self.klass.settle([expr], self.lanes, wanted, name)

    def head(self, result: Tensor, used: set[str]) -> tuple[Loop, Mapping[str, Expr], Tensor]:
        """The loop's head; what replaces carried variables that need not be; and the tensor after the loop.

        `used` are the names that the text of a round reads.
        """
        klass = self.klass
        replaced: dict[str, Expr] = {}
        carried: list[tuple[str, Expr, Expr]] = []
        local = {self.index, *self.targets}
        updates: dict[str, Expr] = {}
        for name, (axis, before) in self.carried.items():
            updates[name] = result.shape[axis]
        needed = {name for name in self.carried if name in used}
        while more := {n for name in needed for n in e.names(updates[name]) if n in self.carried} - needed:
            needed |= more
        after: dict[int, Expr] = {}
        for name, (axis, before) in self.carried.items():
            update = updates[name]
            if name in needed:
                if e.is_unknown(update) or e.is_unknown(before):
                    raise Unroll
                if not e.names(update) & (local | set(self.carried)):
                    replaced[name] = e.fold(
                        e.Conditional(e.Compare(e.Name(self.index), (("==", e.Literal(0)),)), before, update)
                    )
                    after[axis] = update
                else:
                    carried.append((name, before, update))
                    after[axis] = e.Name(name)
            elif update == e.Name(name):
                after[axis] = before
            else:
                read = e.names(update) & (local | set(self.carried))
                after[axis] = e.Unknown() if read else update
        count, values = self.iterable()
        reads = used | {n for x in replaced.values() for n in e.names(x)} | {n for _, _, u in carried for n in e.names(u)}
        index = self.index if self.index in reads else None
        targets = self.targets if set(self.targets) & reads else ()
        if not targets and values is not None:
            count, values = self.counted(values)
        loop = Loop(index, targets, count, values, tuple(carried))
        shape = []
        last = {lane: item.source.outputs for lane, item in zip(self.outer, self.items, strict=True)}
        outputs = {}
        for lane, item in zip(self.outer, self.items, strict=True):
            final = item.children[-1]
            assert isinstance(final, Scope)
            flowed = final.source.outputs if last[lane] is None else last[lane]
            outputs[lane] = flowed[0]
        for axis in range(len(result.shape)):
            wanted = [outputs[lane].shape[axis] for lane in self.outer]
            known = after.get(axis, result.shape[axis])
            if isinstance(known, e.Name) and known.id in self.carried:
                for lane, size in zip(self.outer, wanted, strict=True):
                    lane.values[known.id] = size
            shape.append(known if agrees(known, self.outer, wanted) else e.Unknown())
        return loop, replaced, Tensor(result.variable, outputs, tuple(shape))

    def iterable(self) -> tuple[Expr | None, Expr | None]:
        """What the loop runs over: a count, or a list of values."""
        klass = self.klass
        counts = [len(item.children) for item in self.items]
        raw = self.entry.common.repeat
        lifted = klass.lift(raw, self.before)
        if isinstance(raw, (tuple, list)) or (isinstance(raw, str) and not agrees(lifted, self.outer, counts)):
            wanted = [_plain(item) for item in self.values()]
            return None, klass.settle([lifted], self.outer, wanted, "rounds")
        return klass.settle([lifted], self.outer, counts, "depth"), None

    def values(self) -> Iterator[tuple[Any, ...]]:
        """The values of the rounds in each outer lane."""
        names = self.entry.common.as_ or ()
        for item in self.items:
            if len(names) == 1:
                yield tuple(bound[names[0]] for bound in item.source.rounds)
            elif names:
                yield tuple(tuple(bound[n] for n in names) for bound in item.source.rounds)
            else:
                lane = self.outer[self.items.index(item)]
                yield e.evaluate(self.klass.lift(self.entry.common.repeat, self.before), lane.values)

    def counted(self, values: Expr) -> tuple[Expr | None, Expr | None]:
        """A list whose values nobody reads is a count."""
        if isinstance(values, e.Items):
            return e.Literal(len(values.items)), None
        return e.Apply("len", (values,)), None


Items = (tuple, list)


def _plain(value: Any) -> Any:
    return tuple(_plain(v) for v in value) if isinstance(value, (tuple, list)) else value


def _escapes(klass: Klass, item: Scope) -> bool:
    """Whether something outside a repeat takes what a round other than the last gives."""
    rounds = [child for child in item.children if isinstance(child, Scope)]
    program = klass.program
    every, last = program.inside(item), program.inside(rounds[-1])
    return any(
        key in every and key not in last and any(consumer not in every for consumer in consumers)
        for key, consumers in program.takers.items()
    )


@contextmanager
def loop_of(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> Iterator[Looping]:
    """A repeat as a loop; the names it binds are gone afterwards."""
    env = dict(klass.env)
    looping = Looping(klass, lanes, items, flow)
    klass.loops.append(looping.index)
    try:
        looping.lets()
        yield looping
    finally:
        klass.loops.pop()
        klass.env = env
        bound = {looping.index, *looping.targets}
        klass.names -= bound
        klass.bound |= bound


# -- chains ----------------------------------------------------------------------------------------


def chain_rounds(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> tuple[list[Item], Tensor]:
    """Items of a chain that a repeat makes."""
    flow = replace(flow, variable="")
    if all(not item.children for item in items):
        return [], flow
    try:
        return klass.attempt(lambda: _chain_loop(klass, lanes, items, flow))  # type: ignore[no-any-return]
    except Unroll:
        made: list[Item] = []
        for parts in _written_out(klass, lanes, items):
            each, flow = chains.chain_items(klass, lanes, parts, flow)
            made.extend(each)
        return made, flow


def _chain_loop(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor) -> tuple[list[Item], Tensor]:
    if all(len(item.children) == 1 for item in items) and isinstance(items[0].source.entry.common.repeat, int):
        raise Unroll
    with loop_of(klass, lanes, items, flow) as looping:
        made, result = chains.chain_items(klass, looping.lanes, looping.scopes, looping.flow)
        loop, replaced, after = looping.head(result, names_in(made))
    if not made:  # every entry of every round is absent
        return [], flow
    return [Rounds(loop, tuple(rewritten(made, replaced)))], after


def _written_out(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope]) -> Iterator[list[Scope]]:
    """Round after round, the loop's variables bound to what they are in it."""
    differ(lanes, [len(item.children) for item in items])
    env = dict(klass.env)
    names = [*(items[0].source.entry.common.as_ or ()), "i", *items[0].source.entry.common.let]
    try:
        for number in range(len(items[0].children)):
            for name in names:
                wanted = [item.source.rounds[number][name] for item in items]
                klass.env[name] = klass.settle([], lanes, wanted, name)
            yield [item.children[number] for item in items]  # type: ignore[misc]
    finally:
        klass.env = env


# -- statements ------------------------------------------------------------------------------------


def repeat(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    """Statements for a repeat."""
    if all(not item.children for item in items) and not items[0].level:
        return flow
    [given] = body.incoming(klass, lanes, items, flow)
    if items[0].level:
        if chains.is_chain(klass, items):
            construct, result = chains.link(klass, lanes, items, given)
            return body._attached(klass, lanes, items, construct, [given], [result], target)
        return _module_list(klass, lanes, items, given, target)
    entries = len(list(chains.links(items[0])))
    symbolic = isinstance(items[0].source.entry.common.repeat, str) and not isinstance(
        klass.lift(items[0].source.entry.common.repeat, given), (e.Literal, e.Items)
    )
    if symbolic or entries > WRITTEN_OUT:
        try:
            return klass.attempt(lambda: _statement_loop(klass, lanes, items, given, target))  # type: ignore[no-any-return]
        except Unroll:
            pass
    out: Tensor | None = given
    for parts in _written_out(klass, lanes, items):
        out = body.entries(klass, lanes, parts, out, target)
    return out


def _statement_loop(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], given: Tensor, target: str) -> Tensor:
    """An unnamed repeat in a level: children with computed names."""
    if given.variable != target:
        [given] = body.assign(klass, lanes, (target,), given.variable, [Result({n: given.at(n) for n in lanes}, given.shape)])
    with loop_of(klass, lanes, items, given) as looping, klass.nested() as (build, forward):
        result = body.entries(klass, looping.lanes, looping.scopes, looping.flow, target)
        if result is None or result.variable != target or any(isinstance(s, Keep) for s in build):
            raise Unroll
        used = names_in(build)
        loop, replaced, after = looping.head(result, used)
    if any(isinstance(s, (Keep,)) for s in build):
        raise Unroll
    count, _ = looping.counted(loop.values) if loop.values is not None else (loop.count, None)
    assert count is not None
    if build:
        klass.build.append(For(loop, tuple(rewritten(build, replaced))))
    if forward:
        kept = klass.attribute("rounds")
        klass.build.append(Keep(kept, count))
        klass.forward.append(ForCount(looping.index, kept, tuple(forward)))
    klass.tensors[target] = after
    return after


def _module_list(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], given: Tensor, target: str) -> Tensor | None:
    """A named repeat whose rounds are no plain chain: an `nn.ModuleList`."""
    name = body.child_name(klass, lanes, items, [item.path for item in items], given)
    try:
        return klass.attempt(lambda: _children_loop(klass, lanes, items, given, target, name))  # type: ignore[no-any-return]
    except Unroll:
        pass
    made: list[Item] = []
    calls: list[tuple[list[Scope], Tensor]] = []
    out: Tensor | None = given
    klass.build.append(placeholder := Attach(name, Chain("ModuleList", ())))
    position = klass.build.index(placeholder)
    for number, parts in enumerate(_written_out(klass, lanes, items)):
        inner = [part.children[0] for part in parts]
        assert out is not None
        out = _round(klass, lanes, inner, out, target, Child(name, index=number), made)  # type: ignore[arg-type]
        calls.append((inner, out))  # type: ignore[arg-type]
    klass.build[position] = Attach(name, Chain("ModuleList", tuple(made)))
    return out


def _children_loop(
    klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], given: Tensor, target: str, name: str | Expr
) -> Tensor:
    if not isinstance(name, str):
        raise Unroll
    if given.variable != target:
        [given] = body.assign(klass, lanes, (target,), given.variable, [Result({n: given.at(n) for n in lanes}, given.shape)])
    made: list[Item] = []
    with loop_of(klass, lanes, items, given) as looping, klass.nested() as (build, forward):
        inner = [scope.children[0] for scope in looping.scopes]
        variable = klass.variable("layer")
        result = _round(
            klass, looping.lanes, inner, looping.flow, target, Child(variable, variable=True), made  # type: ignore[arg-type]
        )
        if result.variable != target or build:
            raise Unroll
        loop, replaced, after = looping.head(result, names_in(made))
    klass.release(variable)
    klass.build.append(Attach(name, Chain("ModuleList", (Rounds(loop, tuple(rewritten(made, replaced))),))))
    klass.forward.append(ForChildren(variable, name, tuple(forward)))
    klass.tensors[target] = after
    return after


def _round(
    klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor, target: str, child: Child, made: list[Item]
) -> Tensor:
    """One round of a named repeat: its module, added to `made`, and the call of it."""
    differ(lanes, [(item.kind, item.label == "reuse") for item in items])
    if items[0].kind == "absent" or items[0].label == "reuse":
        raise Unroll
    inputs = body.incoming(klass, lanes, items, flow)
    activation = None
    if items[0].kind == "layer":
        call, activation, results = layer_call(klass, lanes, items, inputs, flow)
        if isinstance(call, (Function, Parameter)):
            raise Unroll
        made.append(Make(call))
    elif items[0].kind == "sequence" and chains.is_chain(klass, items):
        construct, result = chains.chain(klass, lanes, items, inputs[0])
        made.append(construct)
        results = [result]
    else:
        inputs = body.arguments(klass, lanes, items, flow)
        construct, results = instance(klass, lanes, items, inputs, flow)
        made.append(construct)
    operation: CallModule | CallFunction = CallModule(child, tuple(tensor.variable for tensor in inputs))
    if activation is not None:
        operation = body._function(klass, activation, (operation,))
    return body.assign(klass, lanes, body._targets(klass, lanes, items, results, target), operation, results)[0]


def fan(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], given: Tensor) -> list[Tensor]:
    """Branches that a repeat makes, each fed with the same tensor."""
    if all(item.kind == "absent" for item in items):
        return []
    differ(lanes, [item.kind for item in items])
    results: list[Tensor] = []
    if not items[0].level:
        for parts in _written_out(klass, lanes, items):
            variable = klass.variable("branch1")
            result = body.entries(klass, lanes, parts, given, variable)
            assert result is not None
            results.append(result)
        return results
    name = body.child_name(klass, lanes, items, [item.path for item in items], given)
    made: list[Item] = []
    klass.build.append(placeholder := Attach(name, Chain("ModuleList", ())))
    position = klass.build.index(placeholder)
    for number, parts in enumerate(_written_out(klass, lanes, items)):
        variable = klass.variable("branch1")
        inner = [part.children[0] for part in parts]
        results.append(_round(klass, lanes, inner, given, variable, Child(name, index=number), made))  # type: ignore[arg-type]
    klass.build[position] = Attach(name, Chain("ModuleList", tuple(made)))
    return results


# -- names and rewriting ---------------------------------------------------------------------------


def computed_name(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], names: Sequence[str], flow: Tensor | None) -> Expr:
    """A child's name as a text computed from the innermost loop's index."""
    entry = items[0].source.entry
    index = klass.loops[-1] if klass.loops else None
    if index is None:
        raise Unroll
    candidates: list[Expr] = []
    if entry is not None and entry.common.name is not None and "$" in entry.common.name:
        candidates.append(klass.lift(entry.common.name, flow))
    parts = [re.fullmatch(r"(.*?)(\d+)", name) for name in names]
    if all(parts):
        numbers = [int(m[2]) for m in parts if m]
        rounds = [lane.values[index] for lane in lanes]
        prefixes = {m[1] for m in parts if m}
        if len(prefixes) == 1 and len(set(rounds)) > 1:
            (r0, n0), (r1, n1) = sorted(set(zip(rounds, numbers, strict=True)))[:2]
            step = (n1 - n0) // max(r1 - r0, 1)
            term: Expr = e.fold(e.Binary("*", e.Name(index), e.Literal(step)))
            first = n0 - step * r0
            number = e.fold(e.Binary("+" if first >= 0 else "-", term, e.Literal(abs(first))))
            candidates.append(e.Format((prefixes.pop(), number)))
    for candidate in candidates:
        if e.names(candidate) <= {index} and agrees(candidate, lanes, list(names)):
            return candidate
    raise Unroll


def names_in(tree: Any) -> set[str]:
    """Every name that the expressions of a tree of statements or constructs read."""
    if isinstance(tree, Expr):
        return e.names(tree)
    if isinstance(tree, (list, tuple)):
        return {name for part in tree for name in names_in(part)}
    if isinstance(tree, dict):
        return names_in(list(tree.values()))
    fields = getattr(tree, "__dataclass_fields__", None)
    return names_in([getattr(tree, field) for field in fields]) if fields else set()


def rewritten(tree: Any, bindings: Mapping[str, Expr]) -> Any:
    """A tree with names in its expressions replaced."""
    return _mapped(tree, lambda expr: e.substitute(expr, bindings)) if bindings else tree


def _mapped(tree: Any, change: Callable[[Expr], Expr]) -> Any:
    if isinstance(tree, Expr):
        return change(tree)
    if isinstance(tree, (list, tuple)):
        return type(tree)(_mapped(part, change) for part in tree)
    if isinstance(tree, dict):
        return {key: _mapped(part, change) for key, part in tree.items()}
    fields = getattr(tree, "__dataclass_fields__", None)
    if not fields:
        return tree
    return type(tree)(**{field: _mapped(getattr(tree, field), change) for field in fields})

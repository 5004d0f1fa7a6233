"""A repeat as a loop, one text for all rounds, or with its rounds written out one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.frontend.written import Written
from netspec.graph import Scope
from netspec.lowering.arguments import plain
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Lane, Local, MustUnroll, Site, agrees, bind
from netspec.program.building import Loop
from netspec.program.rewrite import carried_in, names_in, times_read

CARRIED = {0: "channels", -1: "width", -2: "height"}
INDICES = "ijk"


class Looping:
    """The rounds of a repeat as separate lanes, while the text of one round is made.

    Attributes:
        rounds: The site of a round: a lane for each round of each outer lane.
        flow: The input of a round; axes that change from round to round are variables.
        carried: For each such variable, its axis and its value before the loop.
        locals: The entry's own `let`: variables at the start of a round.
    """

    def __init__(self, klass: ClassBuilder, site: Site, flow: Local) -> None:
        self.klass = klass
        self.outer = list(site.lanes)
        self.items = list(site.items)
        self.entry = site.written
        self.before = flow
        pairs = [
            (Lane(lane.path, lane), one)
            for lane, item in zip(site.lanes, site.items, strict=True)
            for one in item.parts()
        ]
        if not pairs or not all(item.parts() for item in site.items):
            raise MustUnroll  # a repeat that is absent in some lanes is written out for each
        self.lanes = [lane for lane, _ in pairs]
        self.scopes = [one for _, one in pairs]
        self.rounds = Site(self.lanes, self.scopes)
        used = len(klass.loops)
        self.index = klass.name(INDICES[used] if used < len(INDICES) else f"i{used}")
        self.targets = self._bind()
        self.carried: dict[Identifier, tuple[int, Expr]] = {}
        self.locals: dict[Identifier, Expr] = {}
        self.flow = self._enter(flow)
        if any(_escapes(klass, item) for item in site.items):
            raise MustUnroll

    def _bind(self) -> tuple[Identifier, ...]:
        klass, common = self.klass, self.entry.common
        rounds = [bound for item in self.items for bound in item.source.rounds]
        klass.env["i"] = e.Name(self.index, "whole")
        numbers = [n for item in self.items for n in range(len(item.parts()))]
        bind(self.index, self.lanes, numbers)
        targets = []
        counting = self._counts()
        for name in common.as_ or ():
            if counting:
                klass.env[name] = e.Name(self.index, "whole")
                continue
            variable = klass.name(name)
            klass.env[name] = e.Name(variable, e.kind_of(bound[name] for bound in rounds))
            targets.append(variable)
            bind(variable, self.lanes, (bound[name] for bound in rounds))
        return tuple(targets)

    def _counts(self) -> bool:
        """Whether the repeat has a count, rather than a list of values, in the first instance."""
        raw = self.entry.common.repeat
        if isinstance(raw, (int, tuple, list)):
            return isinstance(raw, int)
        try:
            return not isinstance(e.evaluate(self.klass.lift(raw, self.before), self.outer[0].values), (tuple, list))
        except e.ExpressionError:
            raise MustUnroll from None

    def _enter(self, flow: Local) -> Local:
        klass = self.klass
        values = {}
        for lane, scope in zip(self.lanes, self.scopes, strict=True):
            inputs = scope.source.inputs
            if not inputs:
                raise MustUnroll
            values[lane] = inputs[0]
        rank = len(flow.shape)
        if any(len(v.shape) != rank for v in values.values()):
            raise MustUnroll
        exprs = []
        for axis, expr in enumerate(flow.shape):
            if agrees(expr, self.lanes, [v.shape[axis] for v in values.values()]):
                exprs.append(expr)
                continue
            name = klass.name(CARRIED.get(axis) or CARRIED.get(axis - rank) or f"size{axis}")
            self.carried[name] = (axis, expr)
            bind(name, values, (value.shape[axis] for value in values.values()))
            exprs.append(e.Name(name, "whole"))
        return Local(values, tuple(exprs), flow.variable)

    def lets(self) -> None:
        """The entry's own `let`: variables of a round, except values that need no computation."""
        for name, raw in self.entry.common.let.items():
            wanted = [bound[name] for item in self.items for bound in item.source.rounds]
            if made := self.klass.let(name, raw, self.flow, self.lanes, wanted):
                self.locals[made] = self.klass.locals[made]

    def _keep_locals(self, tree: Any, updates: Sequence[Expr]) -> tuple[list[tuple[Identifier, Expr]], dict[str, Expr]]:
        """The round's own variables that are read more than once, and the replacements of the others."""
        kept: list[tuple[Identifier, Expr]] = []
        for name, expr in reversed(self.locals.items()):
            reads = times_read([tree, list(updates), [x for _, x in kept]], name)
            if reads > 1:
                kept.insert(0, (name, expr))
        inlined: dict[str, Expr] = {}
        for name, expr in self.locals.items():
            if name not in dict(kept):
                inlined[name] = e.substitute(expr, inlined)
        return [(name, e.substitute(expr, inlined)) for name, expr in kept], inlined

    def head(self, result: Local, tree: Any) -> tuple[Loop, Mapping[str, Expr], Local]:
        """The loop's head, the replacements of unnecessary variables, and the tensor after the loop.

        `tree` holds the statements or constructs of a round.

        Raises:
            MustUnroll: A round changes the axes of its input, so that there can be only one.
        """
        if len(result.shape) != len(self.before.shape):
            raise MustUnroll
        kept, replaced = self._keep_locals(tree, [result.shape[axis] for axis, _ in self.carried.values()])
        result = replace(result, shape=tuple(e.substitute(size, replaced) for size in result.shape))
        used = names_in([tree, kept, list(replaced.values())])
        carried: list[tuple[Identifier, Expr, Expr]] = []
        changing = {self.index, *self.targets, *dict(kept), *carried_in(tree), *self.carried}
        updates = {name: result.shape[axis] for name, (axis, _) in self.carried.items()}
        needed = self.carried.keys() & used
        while more := (self.carried.keys() & names_in([updates[name] for name in needed])) - needed:
            needed |= more
        after: dict[int, Expr] = {}
        for name, (axis, before) in self.carried.items():
            update = updates[name]
            changes = bool(e.names(update) & changing)
            if name not in needed:
                after[axis] = before if update == e.Name(name) else e.Unknown() if changes else update
            elif e.is_unknown(update) or e.is_unknown(before):
                raise MustUnroll
            elif changes:
                carried.append((name, before, update))
                after[axis] = e.Name(name, "whole")
            else:
                first = e.Compare(e.Name(self.index), (("==", e.Literal(0)),))
                replaced[name] = e.fold(e.Conditional(first, before, update))
                after[axis] = update
        count, values = self.iterable()
        reads = used | names_in([list(replaced.values()), [update for _, _, update in carried]])
        index = self.index if self.index in reads else None
        targets = self.targets if set(self.targets) & reads else ()
        if not targets and values is not None:
            count, values = self.counted(values), None
        lets = [(name, expr) for name, expr in kept if name in reads]
        shape = []
        outputs = {
            lane: (item.parts()[-1].source.outputs if item.source.outputs is None else item.source.outputs)[0]
            for lane, item in zip(self.outer, self.items, strict=True)
        }
        for axis in range(len(result.shape)):
            wanted = [outputs[lane].shape[axis] for lane in self.outer]
            known = after.get(axis, result.shape[axis])
            if isinstance(known, e.Name) and known.id in self.carried:
                bind(known.id, self.outer, wanted)
            shape.append(known if agrees(known, self.outer, wanted) else e.Unknown())
        some = self._needs_a_round(shape, {name for name, _, _ in carried})
        loop = Loop(index, targets, count, values, tuple(carried), tuple(lets), some)
        return loop, replaced, Local(outputs, tuple(shape), result.variable)

    def _needs_a_round(self, shape: Sequence[Expr], carried: Collection[str]) -> bool:
        """Whether the text is wrong with no round at all, because of the output's axes or of settings."""
        stays = all(
            not e.is_unknown(after) and (after == before or (isinstance(after, e.Name) and after.id in carried))
            for before, after in zip(self.before.shape, shape, strict=True)
        )
        return not (stays and self.klass.program.bare)

    def iterable(self) -> tuple[Expr | None, Expr | None]:
        """The iterable of the loop: a count, or a list of values."""
        klass = self.klass
        counts = [len(item.children) for item in self.items]
        raw = self.entry.common.repeat
        lifted = klass.lift(raw, self.before)
        if isinstance(raw, (tuple, list)) or (isinstance(raw, Written) and not agrees(lifted, self.outer, counts)):
            wanted = list(map(plain, self.values()))
            return None, klass.settle([lifted], self.outer, wanted, "rounds")
        return klass.settle([lifted], self.outer, counts, "depth"), None

    def values(self) -> Iterator[tuple[Any, ...]]:
        """The values of the rounds in each outer lane."""
        names = self.entry.common.as_ or ()
        for lane, item in zip(self.outer, self.items, strict=True):
            if len(names) == 1:
                yield tuple(bound[names[0]] for bound in item.source.rounds)
            elif names:
                yield tuple(tuple(bound[n] for n in names) for bound in item.source.rounds)
            else:
                yield e.evaluate(self.klass.lift(self.entry.common.repeat, self.before), lane.values)

    def counted(self, values: Expr) -> Expr:
        """The number of rounds over a list of values."""
        return e.Literal(len(values.items)) if isinstance(values, e.Items) else e.Apply("len", (values,))


def _escapes(klass: ClassBuilder, item: Scope) -> bool:
    """Whether something outside a repeat takes a result of a round other than the last."""
    rounds = item.parts()
    program = klass.program
    every, last = program.survey.inside(item), program.survey.inside(rounds[-1])
    return any(
        key in every and key not in last and any(consumer not in every for consumer in consumers)
        for key, consumers in program.survey.takers.items()
    )


@contextmanager
def loop_of(klass: ClassBuilder, site: Site, flow: Local) -> Iterator[Looping]:
    """A repeat as a loop; the names that it binds are removed afterwards."""
    env = dict(klass.env)
    looping = Looping(klass, site, flow)
    klass.loops.append(looping.index)
    try:
        looping.lets()
        yield looping
    finally:
        klass.loops.pop()
        klass.env = env
        bound = {looping.index, *looping.targets, *looping.locals}
        klass.names -= bound
        klass.bound |= bound


def rounds_of(klass: ClassBuilder, site: Site) -> Iterator[Site]:
    """The sites of the rounds in order; the loop's variables are bound to their values in each."""
    rounds = site.parts()
    env = dict(klass.env)
    names = [*(site.written.common.as_ or ()), "i", *site.written.common.let]
    try:
        for number, part in enumerate(rounds):
            for name in names:
                wanted = [item.source.rounds[number][name] for item in site.items]
                klass.env[name] = klass.settle([], site.lanes, wanted, name)
            yield part
    finally:
        klass.env = env

"""Repeats: loops if the rounds can share one text, else rounds written out one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.frontend.written import Written
from netspec.lowering import body, calls, chains
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Local, MustUnroll, Site
from netspec.lowering.looping import loop_of, rounds_of
from netspec.lowering.tensors import arguments, assign, copy, incoming, targets
from netspec.program import Function, Parameter
from netspec.program.building import Attach, Build, Chain, For, Item, Keep, Rounds
from netspec.program.forward import CallFunction, CallModule, Child, ForChildren, ForCount
from netspec.program.names import ModulePath
from netspec.program.rewrite import rewritten

WRITTEN_OUT = 8
"""The number of entries up to which the rounds of an unnamed repeat are written out instead of looped over."""


def repeat(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local | None:
    """Statements for a repeat."""
    if not site.level and not any(item.parts() for item in site.items):
        return flow
    given = incoming(klass, site, flow)[0]
    if site.level and chains.is_chain(klass, site.items):
        construct, result = chains.link(klass, site, given)
        return calls.attached(klass, site, construct, [given], [result], target)
    if site.level and not _is_modules(klass, site):
        return _statements(klass, site, given, target)
    if site.level:
        name = calls.child_name(klass, site, given)
        return klass.attempt(
            lambda: _children_loop(klass, site, given, target, name),
            lambda: _children(klass, site, given, target, name),
        )
    if _is_symbolic(klass, site, given) or len(list(chains.links(site.items[0]))) > WRITTEN_OUT:
        return klass.attempt(
            lambda: _statement_loop(klass, site, given, target), lambda: _statements(klass, site, given, target)
        )
    return _statements(klass, site, given, target)


def _is_symbolic(klass: ClassBuilder, site: Site, given: Local) -> bool:
    """Whether the number of rounds depends on a parameter."""
    raw = site.written.common.repeat
    return isinstance(raw, Written) and not isinstance(klass.lift(raw, given), e.Literal | e.Items)


# -- statements ------------------------------------------------------------------------------------


def _statements(klass: ClassBuilder, site: Site, given: Local, target: Identifier) -> Local | None:
    out: Local | None = given
    for part in rounds_of(klass, site):
        out = body.entries(klass, part, out, target)
    return out


def _statement_loop(klass: ClassBuilder, site: Site, given: Local, target: Identifier) -> Local:
    """An unnamed repeat in a level: children with computed names."""
    given = copy(klass, site.lanes, given, target)
    with loop_of(klass, site, given) as looping, klass.nested() as (build, forward):
        klass.tensors[target] = looping.flow
        result = body.entries(klass, looping.rounds, looping.flow, target)
        if result is None or result.variable != target or any(isinstance(s, Keep) for s in build):
            raise MustUnroll
        loop, replaced, after = looping.head(result, build)
    count = looping.counted(loop.values) if loop.values is not None else loop.count
    assert count is not None
    if not isinstance(count, e.Literal):
        _refuse_names_after(klass, site, build)
    if build:
        klass.build.append(For(loop, tuple(rewritten(build, replaced))))
    if forward:
        kept = klass.attribute("rounds")
        klass.build.append(Keep(kept, count))
        klass.forward.append(ForCount(looping.index, kept, tuple(forward)))
    klass.tensors[target] = after
    return after


def _refuse_names_after(klass: ClassBuilder, site: Site, build: Sequence[Build]) -> None:
    """Raise if names depend on the number of rounds: counted names after the loop, or those of each round."""
    if any(isinstance(each, Attach) and not isinstance(each.name, Expr) for each in build):
        raise MustUnroll
    own = {name for lane, item in zip(site.lanes, site.items, strict=True) for name in klass.names_below(lane, item)}
    before = {each.name for each in klass.build if isinstance(each, Attach)}
    counted = {scope.label for item in site.items for scope in item.walk()}
    counted |= {
        str(each.name.parts[0]) for each in build if isinstance(each, Attach) and isinstance(each.name, e.Format)
    }
    automatic = re.compile(rf"({'|'.join(map(re.escape, sorted(counted)))})\d+")
    if any(automatic.fullmatch(name) for name in klass.children - own - before):
        raise MustUnroll


# -- children --------------------------------------------------------------------------------------


def _children_loop(klass: ClassBuilder, site: Site, given: Local, target: Identifier, name: ModulePath | Expr) -> Local:
    """A named repeat whose rounds are no plain chain: an `nn.ModuleList` and a loop over it."""
    if isinstance(name, Expr):
        raise MustUnroll
    given = copy(klass, site.lanes, given, target)
    made: list[Item] = []
    with loop_of(klass, site, given) as looping, klass.nested() as (build, forward):
        klass.tensors[target] = looping.flow
        variable = klass.variable("layer")
        child = Child(variable, variable=True)
        result = _round(klass, looping.rounds.parts()[0], looping.flow, target, child, made)
        if result.variable != target or build:
            raise MustUnroll
        loop, replaced, after = looping.head(result, made)
    klass.release(variable)
    klass.build.append(Attach(name, Chain("ModuleList", (Rounds(loop, tuple(rewritten(made, replaced))),))))
    klass.forward.append(ForChildren(variable, name, tuple(forward)))
    klass.tensors[target] = after
    return after


def _children(klass: ClassBuilder, site: Site, given: Local, target: Identifier, name: ModulePath | Expr) -> Local:
    """The same as `_children_loop` without a loop: each child is called by its number."""
    made: list[Item] = []
    position = len(klass.build)
    for number, part in enumerate(rounds_of(klass, site)):
        given = _round(klass, part.parts()[0], given, target, Child(name, index=number), made)
    klass.build.insert(position, Attach(name, Chain("ModuleList", tuple(made))))
    return given


def _is_modules(klass: ClassBuilder, site: Site) -> bool:
    """Whether each round of a named repeat makes one module, so that its number is its index.

    A function, a learned tensor, a module called again or an absent entry makes none, and its round is written out.
    """
    for item in site.items:
        for each in item.parts():
            [made] = each.parts()
            if made.kind == "absent" or made.source.again:
                return False
            if made.kind == "layer":
                node = klass.program.survey.node(made)
                if isinstance(node.call, Function | Parameter):
                    return False
    return True


def _round(klass: ClassBuilder, site: Site, flow: Local, target: Identifier, child: Child, made: list[Item]) -> Local:
    """One round of a named repeat: its module, added to `made`, and its call."""
    site.agree()
    own = site.kind == "layer" or (site.kind == "sequence" and chains.is_chain(klass, site.items))
    inputs = incoming(klass, site, flow) if own else arguments(klass, site, flow)
    construct, activation, results = chains.module(klass, site, inputs, flow)
    made.append(construct)
    operation: CallModule | CallFunction = CallModule(child, tuple(tensor.variable for tensor in inputs))
    if activation is not None:
        operation = calls.function(klass, activation, (operation,))
    return assign(klass, targets(klass, site, results, target), operation, results)[0]


def fan(klass: ClassBuilder, site: Site, given: Local) -> list[Local]:
    """Branches that a repeat makes, all with the same input tensor."""
    if not any(site.there):
        return []
    site.agree()
    results: list[Local] = []
    made: list[Item] = []
    position = len(klass.build)
    level = site.level and _is_modules(klass, site)
    name = calls.child_name(klass, site, given) if level else ModulePath("")
    for number, part in enumerate(rounds_of(klass, site)):
        variable = klass.variable("branch1")
        if level:
            result = _round(klass, part.parts()[0], given, variable, Child(name, index=number), made)
        else:
            out = body.entries(klass, part, given, variable)
            assert out is not None
            result = out
        results.append(result)
    if level:
        klass.build.insert(position, Attach(name, Chain("ModuleList", tuple(made))))
    return results

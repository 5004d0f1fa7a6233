"""Sequences to `nn.Sequential`: levels in which every child takes one tensor and returns one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from netspec import expr as e
from netspec.graph import Scope
from netspec.lowering import calls, looping
from netspec.lowering.choosing import choices
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import NOWHERE, Local, MustUnroll, Result, Site, join
from netspec.lowering.looping import rounds_of
from netspec.lowering.modules import instance, layer_call
from netspec.program import Function, Parameter
from netspec.program.building import Chain, Choice, Construct, Item, Make, Rounds
from netspec.program.rewrite import rewritten


def is_chain(klass: ClassBuilder, items: Sequence[Scope]) -> bool:
    """Whether a level's children are, in every lane, modules numbered from 0 that each take and return one tensor."""
    return all(_is_chain(klass, item) for item in items)


def _is_chain(klass: ClassBuilder, item: Scope) -> bool:
    program = klass.program
    known = program.chains.get(id(item))
    if known is None:
        children = list(links(item))
        known = program.chains[id(item)] = (
            not program.survey.crosses(item)
            and all(_is_link(klass, child) for child in children)
            and [child.path for child in children] == [f"{item.path}.{n}" for n in range(len(children))]
        )
    return known


def is_named_chain(klass: ClassBuilder, items: Sequence[Scope]) -> bool:
    """Whether a level's children are, in every lane, the same named modules that each take and return one tensor."""
    return all(_is_named_chain(klass, item) for item in items) and len({_names(item) for item in items}) == 1


def _is_named_chain(klass: ClassBuilder, item: Scope) -> bool:
    program = klass.program
    if id(item) not in program.named_chains:
        children = item.parts()
        inputs = [child.source.inputs for child in children]
        flow = [item.source.inputs, *(child.source.results for child in children)]
        program.named_chains[id(item)] = (
            item.kind in ("group", "branch")
            and bool(children)
            and not program.survey.crosses(item)
            and all(child.kind in ("layer", "block", "sequence") and _is_link(klass, child) for child in children)
            and inputs == flow[:-1]
            and item.source.results == flow[-1]
            and all(map(e.is_identifier, _names(item)))
        )
    return program.named_chains[id(item)]


def _names(item: Scope) -> tuple[str, ...]:
    """The names of the children of a level."""
    return tuple(child.path.removeprefix(f"{item.path}.") for child in item.parts())


def is_counted_chain(klass: ClassBuilder, item: Scope) -> bool:
    """Whether a level is one loop over modules with counted names that each take and return one tensor."""
    if item.kind not in ("group", "branch") or len(item.parts()) != 1 or klass.program.survey.crosses(item):
        return False
    [loop] = item.parts()
    if loop.kind != "repeat" or loop.level or loop.source.inputs != item.source.inputs:
        return False
    rounds = [list(links(each)) for each in loop.parts()]
    return (
        len(rounds) > 1
        and all(len(each) == 1 and each[0].kind in ("layer", "block") and _is_link(klass, each[0]) for each in rounds)
        and all("." not in each[0].path.removeprefix(f"{item.path}.") for each in rounds)
        and item.source.results == rounds[-1][0].source.results
        and item.source.inputs == rounds[0][0].source.inputs
        and all(after[0].source.inputs == before[0].source.results for before, after in pairwise(rounds))
    )


def counted_chain(klass: ClassBuilder, site: Site, flow: Local) -> tuple[Construct, Result]:
    """The `nn.Sequential` of a level that is one loop over modules with counted names."""
    [loop] = site.parts()
    with looping.loop_of(klass, loop, flow) as rounds:
        made, result = chain_items(klass, rounds.rounds, rounds.flow)
        children = [next(links(each)) for each in rounds.scopes]
        below = [child.path[len(each.path) + 1 :] for child, each in zip(children, rounds.scopes, strict=True)]
        name = calls.counted(klass, Site(rounds.lanes, children), below, rounds.flow)
        head, replaced, after = rounds.head(result, [made, name])
    if len(made) != 1 or isinstance(made[0], Choice | Rounds) or head.lets or head.carried:
        raise MustUnroll  # a comprehension cannot hold more
    items = (Rounds(head, tuple(rewritten(made, replaced))),)
    return Chain("Sequential", items, (rewritten(name, replaced),)), after


def named_chain(klass: ClassBuilder, site: Site, flow: Local) -> tuple[Construct, Result]:
    """The `nn.Sequential` of a level with named children."""
    made = []
    for part in site.parts():
        part.agree()
        construct, result = link(klass, part, flow)
        made.append(construct)
        flow = result.named(NOWHERE)
    return Chain("Sequential", tuple(made), tuple(map(e.Identifier, _names(site.items[0])))), flow


def links(item: Scope) -> Iterator[Scope]:
    """The children of a level, those inside groups and repeats that are no levels included."""
    for child in item.parts():
        if child.kind == "absent":
            continue
        if child.kind in ("round", "repeat", "group", "branch") and not (child.level and child.kind != "round"):
            yield from links(child)
        else:
            yield child


def _is_link(klass: ClassBuilder, child: Scope) -> bool:
    source = child.source
    entry = source.entry
    if source.again or entry is None or entry.common.only is not None or child.kind == "scan":
        return False
    if source.inputs is None or len(source.inputs) != 1 or source.results is None or len(source.results) != 1:
        return False
    if child.kind == "layer":
        node = klass.program.survey.node(child)
        return node.activation is None and not isinstance(node.call, (Function, Parameter))
    if child.kind == "sequence" or (child.kind == "repeat" and child.level):
        if _is_chain(klass, child):
            return True
        if child.kind == "repeat":
            return False
    info = klass.program.info(child)
    return not info.captured and len(info.results) == 1


def chain(klass: ClassBuilder, site: Site, flow: Local) -> tuple[Construct, Result]:
    """The `nn.Sequential` of a sequence."""
    made, flow = chain_items(klass, site, flow)
    return Chain("Sequential", tuple(made)), flow


def chain_items(klass: ClassBuilder, site: Site, flow: Local) -> tuple[list[Item], Local]:
    """Items for the entries of a list, and the output tensor."""
    made: list[Item] = []
    for part in site.parts():
        each, flow = chain_entry(klass, part, flow)
        made.extend(each)
    return made, flow


def chain_entry(klass: ClassBuilder, site: Site, flow: Local) -> tuple[list[Item], Local]:
    """Items for one entry, under a condition if it is absent in some lanes."""
    there = site.there
    if not any(there):
        return [], flow
    tests = choices(klass, site, flow)
    if all(there) and not tests:
        return _present(klass, site, flow)
    if not tests:
        tests = [(klass.condition(site.where(there).written.common.when, flow, site.lanes, there), there)]
    items: list[Item] = []
    for test, chosen in tests:
        made, inside = _present(klass, site.where(chosen), flow)
        items += [Choice(test, tuple(made))] if made else []
        flow = join(site.lanes, chosen, inside, flow, test).named(NOWHERE)
    return items, flow


def _present(klass: ClassBuilder, site: Site, flow: Local) -> tuple[list[Item], Local]:
    site.agree()
    if site.kind == "repeat" and not site.level:
        return chain_rounds(klass, site, flow)
    if site.kind == "group" and not site.level:
        return chain_items(klass, site, flow)
    construct, result = link(klass, site, flow)
    return [construct], result.named(NOWHERE)


def link(klass: ClassBuilder, site: Site, flow: Local) -> tuple[Construct, Result]:
    """The module of one child of a chain."""
    if site.kind == "repeat":
        made, after = chain_rounds(klass, site, flow)
        return Chain("Sequential", tuple(made)), after
    construct, _, [result, *_] = module(klass, site, [flow], flow)
    return construct, result


def module(
    klass: ClassBuilder, site: Site, inputs: Sequence[Local], flow: Local | None
) -> tuple[Construct, Function | None, Sequence[Result]]:
    """The module of a layer, a chain or a block, the function of a layer's `activation`, and the results."""
    if site.kind == "layer":
        call, activation, results = layer_call(klass, site, inputs, flow)
        return Make(call), activation, results
    if site.kind == "sequence" and is_chain(klass, site.items):
        construct, result = chain(klass, site, inputs[0])
        return construct, None, [result]
    made, results = instance(klass, site, inputs, flow)
    return made, None, results


def chain_rounds(klass: ClassBuilder, site: Site, flow: Local) -> tuple[list[Item], Local]:
    """Items of a chain that a repeat makes."""
    flow = replace(flow, variable=NOWHERE)
    if not any(item.parts() for item in site.items):
        return [], flow
    return klass.attempt(lambda: _chain_loop(klass, site, flow), lambda: _chain_written_out(klass, site, flow))


def _chain_written_out(klass: ClassBuilder, site: Site, flow: Local) -> tuple[list[Item], Local]:
    items: list[Item] = []
    for part in rounds_of(klass, site):
        each, flow = chain_items(klass, part, flow)
        items.extend(each)
    return items, flow


def _chain_loop(klass: ClassBuilder, site: Site, flow: Local) -> tuple[list[Item], Local]:
    if isinstance(site.written.common.repeat, int) and all(len(item.parts()) == 1 for item in site.items):
        raise MustUnroll  # a single round needs no loop
    with looping.loop_of(klass, site, flow) as rounds:
        made, result = chain_items(klass, rounds.rounds, rounds.flow)
        loop, replaced, after = rounds.head(result, made)
    if not made:  # every entry of every round is absent
        return [], flow
    return [Rounds(loop, tuple(rewritten(made, replaced)))], after

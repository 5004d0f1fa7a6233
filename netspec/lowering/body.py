"""Lists of entries to statements: those of a class's constructor and of its forward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from netspec.expr import Expr, Identifier, is_identifier
from netspec.lowering import calls, chains
from netspec.lowering.choosing import Choices, choices
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Local, MustUnroll, Result, Site, join
from netspec.lowering.modules import torch_name
from netspec.lowering.tensors import copy, incoming, own_variable, referenced
from netspec.program.building import Attach, Build, Construct, Declare, If, Keep
from netspec.program.forward import Forward, When
from netspec.program.names import ModulePath


def entries(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local | None:
    """Lower the entries of a list. Results go to `target`; returns the output tensor."""
    for part in site.parts():
        flow = entry(klass, part, flow, target)
    return flow


def entry(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local | None:
    """Lower one entry: unconditional, under a condition, or in training only."""
    there = site.there
    if not any(there):
        return flow
    written = site.items[there.index(True)].source.entry
    if written is not None and written.common.only == "training":
        _side_branch(klass, site, flow)
        return flow
    if tests := _with_own_names(site, choices(klass, site, flow)):
        for test, chosen in tests:
            assert flow is not None
            flow = _conditional(klass, site, chosen, test, flow, target)
        return flow
    if not all(there):
        test = klass.condition(site.where(there).written.common.when, flow, site.lanes, there)
        assert flow is not None
        return _conditional(klass, site, there, test, flow, target)
    return present(klass, site, flow, target)


def _with_own_names(site: Site, tests: Choices) -> Choices:
    """The tests of the layers of an entry, if each layer has names of its own: one name holds one kind of module."""
    names = [frozenset(site.where(chosen).paths()) for _, chosen in tests]
    return () if len(frozenset().union(*names)) < sum(map(len, names)) else tests


def present(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local | None:
    """Lower an entry that is present in every lane."""
    site.agree()
    if site.reuses:
        return calls.again(klass, site, flow, target)
    if site.kind == "layer":
        return calls.layer(klass, site, flow, target)
    if site.kind == "sequence" and chains.is_chain(klass, site.items):
        return _chain(chains.chain, klass, site, flow, target)
    if site.kind == "repeat":
        return klass.program.handlers["repeat"](klass, site, flow, target)
    if site.level and chains.is_named_chain(klass, site.items):
        return _chain(chains.named_chain, klass, site, flow, target)
    if site.level and all(chains.is_counted_chain(klass, item) for item in site.items):
        return klass.attempt(
            lambda: _chain(chains.counted_chain, klass, site, flow, target),
            lambda: calls.made_instance(klass, site, flow, target),
        )
    if site.level:
        return calls.made_instance(klass, site, flow, target)
    return klass.program.handlers[site.kind](klass, site, flow, target)


def _chain(
    made: Callable[[ClassBuilder, Site, Local], tuple[Construct, Result]],
    klass: ClassBuilder,
    site: Site,
    flow: Local | None,
    target: Identifier,
) -> Local:
    """A child that is a chain, made by a function, and its call."""
    inputs = incoming(klass, site, flow)
    construct, result = made(klass, site, inputs[0])
    return calls.attached(klass, site, construct, inputs, [result], target)


def _side_branch(klass: ClassBuilder, site: Site, flow: Local | None) -> None:
    values = site.results()[0]
    variable = own_variable(klass, site, values, 0, "side")
    klass.variables.discard(variable)
    with klass.nested() as (build, forward):
        result = present(klass, site, flow, variable)
        assert result is not None
        result = copy(klass, site.lanes, result, variable)  # an empty branch returns a variable that others change
    klass.build.extend(build)
    last = klass.forward[-1] if klass.forward else None
    if isinstance(last, When) and last.kind == "training":  # another side branch at the same place
        klass.forward[-1] = replace(last, body=(*last.body, *forward))
    else:
        klass.forward.append(When("training", None, tuple(forward)))
    klass.program.side.append(result)


def _conditional(
    klass: ClassBuilder, site: Site, there: Sequence[bool], test: Expr, flow: Local, target: Identifier
) -> Local:
    """An entry that is there in some lanes only: statements under an `if`, in place on one variable."""
    some = site.where(there)
    if klass.loops:
        raise MustUnroll  # a forward pass can test whether a child exists, but not whether it exists in this round
    variable = target
    results = some.results()
    if results and referenced(klass, results[0]):
        variable = own_variable(klass, some, results[0], 0, target)
        klass.variables.discard(variable)
    before = copy(klass, site.lanes, flow, variable)
    with klass.nested() as (build, forward):
        after = present(klass, some, before, variable)
        assert after is not None
        after = copy(klass, some.lanes, after, variable)
    _under(klass, test, build, forward, some.items[0].label)
    klass.tensors[variable] = join(site.lanes, there, after, before, test).named(variable)
    return klass.tensors[variable]


def _under(klass: ClassBuilder, test: Expr, build: list[Build], forward: list[Forward], label: str) -> None:
    """Statements under a test; if they make a single child, the forward pass tests whether it exists."""
    if not forward:  # no call at all, as in a branch without entries
        if build:
            klass.build.append(If(test, tuple(build)))
        return
    only = build[0] if len(build) == 1 else None
    if isinstance(only, Attach) and isinstance(only.name, ModulePath) and is_identifier(only.name):
        name = Identifier(only.name)
        klass.build.append(Declare(name, torch_name(only.module)))
        klass.build.append(If(test, (replace(only, optional=True),)))
        klass.forward.append(When("present", name, tuple(forward)))
        return
    flag = klass.attribute(f"has_{label}" if is_identifier(label) else "has_part")
    klass.build.append(Keep(flag, test))
    if build:
        klass.build.append(If(test, tuple(build)))
    klass.forward.append(When("attribute", flag, tuple(forward)))

"""Scans: one loop over the places along an axis, in which an instance of a block is called."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.expr import Identifier
from netspec.lowering.calls import child_name
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Local, Result, Site, differ
from netspec.lowering.modules import instance, layer_call
from netspec.lowering.scope_index import names_of
from netspec.lowering.tensors import copy, incoming, own_variable, referenced
from netspec.program import Function
from netspec.program.building import Attach
from netspec.program.forward import Assign, CallModule, Child, ForSteps, Gather


def scan(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local:
    """The loop of a scan: states before it, a call for each step, and the results of all steps joined after it."""
    steps, body, *ends = site.parts()
    sequence, *others = incoming(klass, site, flow)
    found = [klass.program.graph.scans[str(item.children[0])] for item in steps.items]
    differ(site.lanes, [each.axis for each in found])
    names = body.items[0].source.block.inputs
    positions = [names.index(name) for name in site.written.common.carry or ()]
    call, _, [taken] = layer_call(klass, steps, [sequence], flow)
    assert isinstance(call, Function)
    step = taken.named(klass.variable(names[0]))
    klass.variables.add(step.variable)
    given = [step, *others]
    for position in positions:
        begun = given[position]
        if begun.variable != names[position] or not _ends_here(klass, site, begun):
            given[position] = copy(klass, site.lanes, begun, klass.variable(names[position]))
    construct, results = instance(klass, body, given, step)
    child = child_name(klass, body, step)
    klass.build.append(Attach(child, construct))
    carried = [given[position].variable for position in positions]
    made = [*carried, *_own(klass, site, len(results) - len(carried))]
    rounds = Assign(tuple(made), CallModule(Child(child), tuple(each.variable for each in given)))
    states = [result.named(variable) for result, variable in zip(results, made, strict=True)]
    klass.tensors.update({each.variable: each for each in states[: len(carried)]})
    joined: list[Local] = []
    gathered: list[Gather] = []
    made_each = states[len(carried) :] or states[:1]
    for position, each in enumerate(made_each):
        end = next((end for end in ends if _joins(klass, site, end, each)), None)
        if end is None:  # nobody takes it
            continue
        ends.remove(end)
        function, _, [whole] = layer_call(klass, end, [each, sequence], flow)
        assert isinstance(function, Function)
        rows = klass.variable("steps")
        klass.variables.add(rows)
        joined.append(whole.named(_target(klass, site, whole, position, target)))
        klass.variables.add(joined[-1].variable)
        gathered.append(Gather(rows, each.variable, joined[-1].variable, function))
    klass.forward.append(ForSteps(step.variable, sequence.variable, call, tuple(carried), (rounds,), tuple(gathered)))
    klass.release(step.variable, *made[len(carried) :], *(each.rows for each in gathered))
    klass.tensors.update({each.variable: each for each in joined})
    klass.variables.update(each.variable for each in joined)
    return joined[0] if joined else states[0]


def _joins(klass: ClassBuilder, site: Site, end: Site, each: Local) -> bool:
    """Whether a call joins this result of all steps."""
    nodes = klass.program.graph.nodes
    pairs = zip(site.lanes, end.items, strict=True)
    return all(nodes[str(item.children[0])].inputs[0] == each.at(lane) for lane, item in pairs)


def _ends_here(klass: ClassBuilder, site: Site, begun: Local) -> bool:
    """Whether nothing but the loop takes an initial state, so that its variable can hold the next ones."""
    graph = klass.program.graph
    outputs = {*graph.outputs.values(), *graph.side_outputs.values()}
    for lane, item in zip(site.lanes, site.items, strict=True):
        value, key = begun.at(lane), str(item.parts()[0].children[0])
        outside = any(value in node.inputs and key not in node.scans for node in graph.nodes.values())
        kept = klass.scope_of[lane.root].source.results or ()
        if outside or value in outputs or value in kept or begun.variable in klass.inputs[:1]:
            return False
    return True


def _own(klass: ClassBuilder, site: Site, number: int) -> Sequence[Identifier]:
    """Variables for the results of a step that are not carried, by the names of the results of the scan."""
    wanted = names_of(site.items[0])
    found = []
    for position in range(number):
        found.append(klass.variable(f"{wanted[position]}_step" if position < len(wanted) else "result"))
        klass.variables.add(found[-1])
    return found


def _target(klass: ClassBuilder, site: Site, whole: Result, position: int, target: Identifier) -> Identifier:
    """The variable for the joined results."""
    if names_of(site.items[0]) or position or referenced(klass, whole.values):
        return own_variable(klass, site, whole.values, position, target)
    return target

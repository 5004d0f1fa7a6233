"""Entries that are one call: a layer, an instance of a class, an existing module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.frontend.written import Written
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Local, MustUnroll, Result, Site, agrees, differ
from netspec.lowering.modules import activation_call, instance, layer_call
from netspec.lowering.tensors import arguments, assign, incoming, referenced, targets
from netspec.program import Constant, Function, Parameter
from netspec.program.building import Attach, AttachParameter, Construct, Keep, Make
from netspec.program.forward import Assign, CallFunction, CallModule, Child, Expand, Join, Only, Operation
from netspec.program.names import SIGNS, ModulePath, Target
from netspec.program.rewrite import names_in


def layer(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local:
    """A layer: a child that is called, a function, or a learned tensor."""
    inputs = incoming(klass, site, flow)
    call, activation, results = layer_call(klass, site, inputs, flow)
    variables = tuple(tensor.variable for tensor in inputs)
    operation: Operation
    if isinstance(call, Parameter):
        names = site.paths()
        differ(site.lanes, names)
        name = ModulePath(names[0])
        klass.build.append(AttachParameter(name, call))
        if call.sign:
            operation = Join(name, Target(call.sign), variables[0])
        else:
            operation = Expand(name, len(results[0].shape), klass.inputs[0], isinstance(call, Constant))
            if not referenced(klass, results[0].values):
                target = klass.variable(name.rpartition(".")[2])
    elif isinstance(call, Function):
        main = klass.program.survey.node(site.items[0]).layer.main
        operation = function(klass, call, _operands(klass, call, inputs), main or "value")
        if call.parts and len(results) == 1:
            operation = Only(operation)
    else:
        child = child_name(klass, site, flow)
        klass.build.append(Attach(child, Make(call)))
        operation = CallModule(Child(child), variables)
    if activation is not None:
        operation = function(klass, activation, (operation,))
    return assign(klass, targets(klass, site, results, target), operation, results)[0]


def _operands(klass: ClassBuilder, call: Function, inputs: Sequence[Local]) -> tuple[Operation, ...]:
    """The operands of a function. A learned tensor made just before, only for this sum or product, is inlined."""
    variables = tuple(tensor.variable for tensor in inputs)
    last = klass.forward[-1] if klass.forward else None
    if not (call.target in SIGNS and isinstance(last, Assign) and isinstance(last.value, Expand)):
        return variables
    [own] = last.targets
    values = {value for tensor in inputs if tensor.variable == own for value in tensor.values.values()}
    taken = sum(node.inputs.count(value) for node in klass.program.graph.nodes.values() for value in values)
    if (
        not values
        or taken != len(values)
        or set(variables) == {own}
        or values & set(klass.program.graph.outputs.values())
    ):
        return variables
    klass.forward.pop()
    klass.release(own)
    return tuple(last.value if variable == own else variable for variable in variables)


def function(klass: ClassBuilder, call: Function, inputs: tuple[Operation, ...], main: str = "value") -> CallFunction:
    """A function whose arguments are literals, or attributes that the constructor keeps; `main` names the first."""
    args = tuple(_kept(klass, main, value) for value in call.args)
    kwargs = {key: _kept(klass, key, value) for key, value in call.kwargs.items()}
    return CallFunction(replace(call, args=args, kwargs=kwargs), inputs)


def _kept(klass: ClassBuilder, name: str, value: Any) -> Any:
    if not names_in(value):
        return value
    if isinstance(value, dict):
        return {key: _kept(klass, name, each) for key, each in value.items()}
    if _holds_a_list(value):  # attributes keep tuples
        return type(value)(_kept(klass, name, each) for each in value)
    attribute = klass.attribute(name)
    klass.build.append(Keep(attribute, _whole(value)))
    return e.Attribute(e.Name(Identifier("self")), attribute)


def _holds_a_list(value: Any) -> bool:
    return isinstance(value, (list, dict)) or (isinstance(value, tuple) and any(map(_holds_a_list, value)))


def _whole(value: Any) -> Expr:
    if isinstance(value, Expr):
        return value
    return e.Items(tuple(map(_whole, value)), tuple=True) if isinstance(value, tuple) else e.literal(value)


def made_instance(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local:
    """An instance of a block's or structure's class, and its call."""
    inputs = arguments(klass, site, flow)
    construct, results = instance(klass, site, inputs, flow)
    return attached(klass, site, construct, inputs, results, target)


def attached(
    klass: ClassBuilder,
    site: Site,
    construct: Construct,
    inputs: Sequence[Local],
    results: Sequence[Result],
    target: Identifier,
) -> Local:
    """A child made by `construct`, and its call."""
    name = child_name(klass, site, inputs[0] if inputs else None)
    klass.build.append(Attach(name, construct))
    operation = CallModule(Child(name), tuple(tensor.variable for tensor in inputs))
    return assign(klass, targets(klass, site, results, target), operation, results)[0]


def again(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local:
    """A further call of an existing module."""
    inputs = incoming(klass, site, flow)
    paths = site.paths()
    differ(site.lanes, paths)
    results = []
    for values in site.results():
        ranks = [len(value.shape) for value in values.values()]
        differ(site.lanes, ranks)
        results.append(Result(values, (e.Unknown(),) * ranks[0]))
    operation: Operation = CallModule(Child(ModulePath(paths[0])), tuple(tensor.variable for tensor in inputs))
    if site.kind == "layer":
        activation = klass.program.survey.node(site.items[0]).activation
        if activation is not None:
            operation = function(klass, activation_call(activation), (operation,))
    return assign(klass, targets(klass, site, results, target), operation, results)[0]


def child_name(klass: ClassBuilder, site: Site, flow: Local | None) -> ModulePath | Expr:
    """The name of a child: one for all lanes, or computed from the index of the loop around it."""
    names = site.paths()
    if len(set(names)) == 1:
        return ModulePath(names[0])
    if len(site.lanes) == len({lane.root for lane in site.lanes}):
        differ(site.lanes, names)
    if not klass.loops or any("." in name for name in names):
        raise MustUnroll  # torch takes no computed name with a dot: each level of a dotted name is a separate module
    return counted(klass, site, names, flow)


def counted(klass: ClassBuilder, site: Site, names: Sequence[str], flow: Local | None) -> Expr:
    """The names of children as one expression of the index of the loop around them."""
    index = klass.loops[-1]
    rounds = [lane.values[index] for lane in site.lanes]
    candidates = [_counted_name(names, rounds, index)]
    entry = site.entry
    if entry is not None and isinstance(entry.common.name, Written):
        candidates.insert(0, klass.lift(entry.common.name, flow))
    for candidate in candidates:
        if candidate is not None and e.names(candidate) <= {index} and agrees(candidate, site.lanes, names):
            return candidate
    raise MustUnroll


def _counted_name(names: Sequence[str], rounds: Sequence[int], index: Identifier) -> Expr | None:
    """Names that end in numbers in arithmetic progression, such as ``conv1``, ``conv3``, ``conv5``."""
    parts = [match for name in names if (match := re.fullmatch(r"(.*?)(\d+)", name))]
    if len(parts) < len(names) or len({match[1] for match in parts}) > 1 or len(set(rounds)) < 2:
        return None
    numbers = [int(match[2]) for match in parts]
    (r0, n0), (r1, n1) = sorted(set(zip(rounds, numbers, strict=True)))[:2]
    if r0 == r1:
        return None
    step = (n1 - n0) // (r1 - r0)
    first = n0 - step * r0
    term = e.fold(e.Binary("*", e.Name(index, "whole"), e.Literal(step)))
    number = e.fold(e.Binary("+" if first >= 0 else "-", term, e.Literal(abs(first))))
    return e.Format((parts[0][1], number))

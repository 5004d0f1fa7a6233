"""Variables of a forward pass: those that hold the inputs of an entry, and those that take its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.expr import Identifier
from netspec.graph import Value
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import NOWHERE, Lane, Local, MustUnroll, Result, Site, differ
from netspec.lowering.scope_index import names_of
from netspec.program.forward import Assign, Operation


def incoming(klass: ClassBuilder, site: Site, flow: Local | None) -> list[Local]:
    """The input tensors of an entry."""
    return [lookup(klass, site.lanes, values, flow) for values in site.inputs()]


def arguments(klass: ClassBuilder, site: Site, flow: Local | None) -> list[Local]:
    """The tensors that the call of an instance takes: its inputs, and the tensors that its class captures."""
    inputs = incoming(klass, site, flow)
    infos = [klass.program.info(item) for item in site.items]
    differ(site.lanes, [id(info) for info in infos])
    for position in range(len(infos[0].captured)):
        values = [info.captured_value(item, position) for info, item in zip(infos, site.items, strict=True)]
        inputs.append(lookup(klass, site.lanes, values, flow))
    return inputs


def lookup(klass: ClassBuilder, lanes: Sequence[Lane], values: Sequence[Value], flow: Local | None) -> Local:
    """The variable that holds a value in every lane; a value from around a structure becomes an input of the class."""
    if flow is not None and flow.holds(lanes, values):
        return flow
    for tensor in klass.tensors.values():
        if tensor.holds(lanes, values):
            return tensor
    own = any(value.key in klass.program.survey.inside(scope) for value in values for scope in klass.scopes)
    if klass.kind == "level" and not own:
        return klass.capture(lanes, values, klass.program.survey.hints.get(values[0], "skip"))
    differ(lanes, [_holder(klass, lane, value) for lane, value in zip(lanes, values, strict=True)])
    raise MustUnroll


def _holder(klass: ClassBuilder, lane: Lane, value: Value) -> str:
    return next((t.variable for t in klass.tensors.values() if t.holds([lane], [value])), "")


def assign(
    klass: ClassBuilder, targets: tuple[Identifier, ...], value: Operation, results: Sequence[Result]
) -> list[Local]:
    """A statement that assigns the results of an operation to variables."""
    shapes = {made.shape for made in results[0].values.values()} if klass.kind == "network" else set()
    klass.forward.append(Assign(targets, value, shapes.pop() if len(shapes) == 1 else None))
    made = []
    for target, result in zip(targets, results, strict=True):
        if target != NOWHERE:
            klass.tensors[target] = result.named(target)
            klass.variables.add(target)
            made.append(klass.tensors[target])
    return made


def copy(klass: ClassBuilder, lanes: Sequence[Lane], tensor: Local, target: Identifier) -> Local:
    """A copy of a tensor in another variable; no statement if the names are equal."""
    if tensor.variable == target:
        return tensor
    [made] = assign(klass, (target,), tensor.variable, [tensor.within(lanes)])
    return made


def referenced(klass: ClassBuilder, values: Mapping[Lane, Value]) -> bool:
    """Whether an entry takes a tensor by name inside the class, so that it needs a separate variable."""
    survey = klass.program.survey
    return any(
        value in survey.referenced and survey.takes_inside(klass.scope_of[lane.root], value)
        for lane, value in values.items()
    )


def targets(klass: ClassBuilder, site: Site, results: Sequence[Result], target: Identifier) -> tuple[Identifier, ...]:
    """Variables for an entry's results: separate ones for results that are taken by name, else the list's."""
    named = site.entry is not None and site.entry.common.to is not None
    names = []
    for position, result in enumerate(results):
        if referenced(klass, result.values) or (named and len(results) > 1):
            names.append(own_variable(klass, site, result.values, position, target))
        elif position == 0:
            names.append(target)
        elif any(value in klass.program.survey.used for value in result.values.values()):
            names.append(klass.variable(f"{target}{position}"))
        else:
            names.append(NOWHERE)
    return tuple(names)


def own_variable(
    klass: ClassBuilder, site: Site, values: Mapping[Lane, Value], position: int, fallback: str
) -> Identifier:
    """A variable with the result's name in the spec."""
    common = site.entry.common if site.entry is not None else None
    to = names_of(site.items[0])
    if position < len(to):
        return klass.variable(to[position])
    if position == 0 and common is not None and isinstance(common.name, str):
        return klass.variable(common.name.rpartition(".")[2])
    return klass.variable(klass.program.survey.hints.get(next(iter(values.values())), fallback))

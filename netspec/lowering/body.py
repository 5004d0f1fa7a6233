"""Lists of entries to statements: what a class builds, and what its forward pass does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from netspec import expr as e
from netspec.graph import Scope, Value
from netspec.lowering import chains, loops
from netspec.lowering.lanes import Lane, Split, Tensor, Unroll, agrees, differ
from netspec.lowering.modules import Result, instance, layer_call, torch_name
from netspec.program import (
    Assign,
    Attach,
    AttachParameter,
    CallFunction,
    CallModule,
    Child,
    Construct,
    Declare,
    Expand,
    Function,
    If,
    Keep,
    Make,
    Parameter,
    When,
)

if TYPE_CHECKING:
    from netspec.lowering.klass import Klass


def entries(klass: Klass, lanes: Sequence[Lane], parents: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    """Lower the entries of a list, given by the scopes that hold them in each lane. Results go to `target`."""
    differ(lanes, [len(parent.children) for parent in parents])
    for position in range(len(parents[0].children)):
        flow = entry(klass, lanes, [p.children[position] for p in parents], flow, target)  # type: ignore[misc]
    return flow


def entry(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    """Lower one entry; under a condition where it is absent in some lanes."""
    there = [item.kind != "absent" for item in items]
    if not any(there):
        return flow
    first = items[there.index(True)].source.entry
    training = first is not None and first.common.only == "training"
    if training:
        with klass.nested() as (build, forward):
            result = present(klass, lanes, items, flow, _dedicated(klass, lanes, items, "aux"))
        klass.build.extend(build)
        klass.forward.append(When("training", "", tuple(forward)))
        klass.program.side.append((items[0], result))
        return flow
    if all(there):
        return present(klass, lanes, items, flow, target)
    return _conditional(klass, lanes, items, there, flow, target)


def present(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    """Lower an entry that is there in every lane."""
    differ(lanes, [(item.kind, item.level, item.label == "reuse") for item in items])
    kind = items[0].kind
    if items[0].label == "reuse":
        return _reuse(klass, lanes, items, flow, target)
    if kind == "layer":
        return _layer(klass, lanes, items, flow, target)
    if kind == "repeat":
        return loops.repeat(klass, lanes, items, flow, target)
    if kind == "sequence":
        if chains.is_chain(klass, items):
            inputs = incoming(klass, lanes, items, flow)
            construct, result = chains.chain(klass, lanes, items, inputs[0])
            return _attached(klass, lanes, items, construct, inputs, [result], target)
        return _instance(klass, lanes, items, flow, target)
    if kind == "block" or items[0].level:
        return _instance(klass, lanes, items, flow, target)
    return INLINE[kind](klass, lanes, items, flow, target)


def _conditional(
    klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], there: Sequence[bool], flow: Tensor | None, target: str
) -> Tensor | None:
    """An entry that is absent in some lanes: statements under an `if`, in place on one variable."""
    first = items[there.index(True)].source.entry
    test = e.Literal(True) if first.common.when is True else klass.lift(first.common.when, flow)
    if flow is None or isinstance(test, e.Literal) or not agrees(test, lanes, list(there)):
        differ(lanes, list(there))
    assert flow is not None
    if klass.loops:
        raise Unroll  # a forward pass can ask whether a child is there, not whether it is in this round
    some = [lane for lane, each in zip(lanes, there, strict=True) if each]
    chosen = [item for item in items if item.kind != "absent"]
    results = [item.source.outputs for item in chosen]
    variable = target
    if any(r and r[0] in klass.program.referenced for r in results) or flow.variable in klass.inputs and target not in klass.inputs:
        variable = _dedicated(klass, some, chosen, target) if any(r and r[0] in klass.program.referenced for r in results) else target
    if flow.variable != variable:
        assign(klass, lanes, (variable,), flow.variable, [Result({lane: flow.at(lane) for lane in lanes}, flow.shape)])
    names = set(klass.names)
    with klass.nested() as (build, forward):
        inside = present(klass, some, chosen, klass.tensors[variable] if flow.variable != variable else flow, variable)
        if inside is not None and inside.variable != variable:
            assign(klass, some, (variable,), inside.variable, [Result({lane: inside.at(lane) for lane in some}, inside.shape)])
    assert inside is not None
    if any(isinstance(s, (When,)) and s.kind == "training" for s in forward):
        raise Split({lane.root: each for lane, each in zip(lanes, there, strict=True)})
    attached = [s for s in build if isinstance(s, Attach)]
    if len(build) == 1 and attached and isinstance(attached[0].name, str) and attached[0].name.isidentifier():
        only = attached[0]
        klass.build.append(Declare(str(only.name), torch_name(only.module)))
        klass.build.append(If(test, (replace(only, optional=True),)))
        klass.forward.append(When("present", str(only.name), tuple(forward)))
    else:
        flag = klass.attribute(f"has_{chosen[0].label}" if chosen[0].label.isidentifier() else "has_part")
        klass.build.append(Keep(flag, test))
        if build:
            klass.build.append(If(test, tuple(build)))
        klass.forward.append(When("attribute", flag, tuple(forward)))
    klass.names |= names
    values = {lane: inside.at(lane) if each else flow.at(lane) for lane, each in zip(lanes, there, strict=True)}
    shape = []
    differ(lanes, [len(v.shape) for v in values.values()])
    for axis, (new, old) in enumerate(zip(inside.shape, flow.shape, strict=True)):
        wanted = [values[lane].shape[axis] for lane in lanes]
        candidates = [new, old, e.Conditional(test, new, old)]
        shape.append(next((c for c in candidates if agrees(c, lanes, wanted)), e.Unknown()))
    tensor = Tensor(variable, values, tuple(shape))
    klass.tensors[variable] = tensor
    return tensor


# -- tensors ---------------------------------------------------------------------------------------


def incoming(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None) -> list[Tensor]:
    """The tensors that flow into an entry."""
    sources = [item.source.inputs or () for item in items]
    differ(lanes, [len(s) for s in sources])
    return [lookup(klass, lanes, [s[position] for s in sources], flow) for position in range(len(sources[0]))]


def lookup(klass: Klass, lanes: Sequence[Lane], values: Sequence[Value], flow: Tensor | None) -> Tensor:
    """The variable that holds a value in every lane; around a structure it becomes an input of the class."""
    if flow is not None and flow.holds(lanes, values):
        return flow
    for tensor in klass.tensors.values():
        if tensor.holds(lanes, values):
            return tensor
    if klass.kind != "level" or any(v.key in klass.program.inside(scope) for v in values for scope in klass.scopes):
        differ(lanes, [next((t.variable for t in klass.tensors.values() if t.holds([n], [v])), "") for n, v in zip(lanes, values, strict=True)])
        raise Unroll
    return klass.capture(lanes, values, klass.program.hints.get(values[0], "skip"))


def assign(
    klass: Klass, lanes: Sequence[Lane], targets: tuple[str, ...], value: str | CallModule | CallFunction | Expand, results: Sequence[Result]
) -> list[Tensor]:
    """A statement that gives variables what an operation gives."""
    klass.forward.append(Assign(targets, value))
    made = []
    for target, result in zip(targets, results, strict=True):
        if target == "_":
            continue
        tensor = result.named(target)
        klass.tensors[target] = tensor
        klass.variables.add(target)
        made.append(tensor)
    return made


def _targets(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], results: Sequence[Result], target: str) -> tuple[str, ...]:
    """Variables for an entry's results: its own where somebody takes from it by name, else the list's."""
    entry = items[0].source.entry
    to = entry.common.to if entry is not None else None
    names = []
    for position, result in enumerate(results):
        taken = any(value in klass.program.referenced for value in result.values.values())
        if taken or (to is not None and len(results) > 1):
            hint = to[position] if to is not None and position < len(to) else None
            names.append(_dedicated(klass, lanes, items, hint or klass.program.hints.get(result.values[lanes[0]]) or target, named=hint is None))
        elif position == 0:
            names.append(target)
        elif any(value in klass.program.used for value in result.values.values()):
            names.append(klass.variable(f"{target}{position}"))
        else:
            names.append("_")
    return tuple(names)


def _dedicated(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], hint: str, named: bool = True) -> str:
    entry = items[0].source.entry
    name = entry.common.name if entry is not None and named else None
    if name is not None and "$" not in name:
        hint = name.rpartition(".")[2]
    return klass.variable(hint)


# -- entries ---------------------------------------------------------------------------------------


def relative(klass: Klass, lanes: Sequence[Lane], paths: Sequence[str]) -> list[str]:
    """Paths below the module that the class makes."""
    found = []
    for lane, path in zip(lanes, paths, strict=True):
        root = lane.root.path
        found.append(path[len(root) + 1 :] if root else path)
    return found


def child_name(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], paths: Sequence[str], flow: Tensor | None) -> str | e.Expr:
    """The name of a child: one for all lanes, or computed from the loops around it."""
    names = relative(klass, lanes, paths)
    if len(set(names)) == 1:
        return names[0]
    by_root = {lane.root for lane in lanes}
    if len(lanes) == len(by_root):
        differ(lanes, names)
    return loops.computed_name(klass, lanes, items, names, flow)


def _layer(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    inputs = incoming(klass, lanes, items, flow)
    call, activation, results = layer_call(klass, lanes, items, inputs, flow)
    variables = tuple(tensor.variable for tensor in inputs)
    operation: CallModule | CallFunction | Expand
    if isinstance(call, Parameter):
        [name] = set(relative(klass, lanes, [item.path for item in items])) or {""}
        klass.build.append(AttachParameter(name, call))
        like = klass.inputs[0]
        operation = Expand(name, len(results[0].shape), like)
        target = klass.variable(name.rpartition(".")[2])
    elif isinstance(call, Function):
        operation = _function(klass, call, variables)
    else:
        name_ = child_name(klass, lanes, items, [item.path for item in items], flow)
        klass.build.append(Attach(name_, Make(call)))
        operation = CallModule(Child(name_), variables)
    if activation is not None:
        operation = _function(klass, activation, (operation,))
    return assign(klass, lanes, _targets(klass, lanes, items, results, target), operation, results)[0]


def _function(klass: Klass, call: Function, arguments: tuple[str | CallModule | CallFunction | Expand, ...]) -> CallFunction:
    """A function whose keyword arguments are literals, or attributes that the constructor keeps."""
    kwargs, kept = {}, []
    for key, value in call.kwargs.items():
        if isinstance(value, e.Expr) and not isinstance(value, e.Literal):
            attribute = klass.attribute(key)
            klass.build.append(Keep(attribute, value))
            kept.append((key, attribute))
        else:
            kwargs[key] = value
    plain = replace(call, kwargs=kwargs)
    return CallFunction(plain, arguments, tuple(kept))  # type: ignore[arg-type]


def _instance(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    inputs = arguments(klass, lanes, items, flow)
    construct, results = instance(klass, lanes, items, inputs, flow)
    return _attached(klass, lanes, items, construct, inputs, results, target)


def arguments(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None) -> list[Tensor]:
    """The tensors that the call of an instance takes: what flows in, and what its class takes from around."""
    inputs = incoming(klass, lanes, items, flow)
    infos = [klass.program.info(item) for item in items]
    differ(lanes, [id(info) for info in infos])
    for position in range(len(infos[0].captured)):
        values = [info.captured_value(item, position) for info, item in zip(infos, items, strict=True)]
        inputs.append(lookup(klass, lanes, values, flow))
    return inputs


def _attached(
    klass: Klass,
    lanes: Sequence[Lane],
    items: Sequence[Scope],
    construct: Construct,
    inputs: Sequence[Tensor],
    results: Sequence[Result],
    target: str,
) -> Tensor | None:
    name = child_name(klass, lanes, items, [item.path for item in items], inputs[0] if inputs else None)
    klass.build.append(Attach(name, construct))
    operation = CallModule(Child(name), tuple(tensor.variable for tensor in inputs))
    return assign(klass, lanes, _targets(klass, lanes, items, results, target), operation, results)[0]


def _reuse(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    inputs = incoming(klass, lanes, items, flow)
    [path] = set(relative(klass, lanes, [item.path for item in items]))
    outputs = [item.source.results for item in items]
    results = [
        Result(dict(zip(lanes, (o[position] for o in outputs), strict=True)), tuple(e.Unknown() for _ in outputs[0][position].shape))
        for position in range(len(outputs[0]))
    ]
    operation: CallModule | CallFunction = CallModule(Child(path), tuple(tensor.variable for tensor in inputs))
    node = klass.program.graph.nodes.get(str(items[0].children[0])) if items[0].kind == "layer" else None
    if node is not None and node.activation is not None:
        operation = _function(klass, node.activation.emit_function(), (operation,))
    return assign(klass, lanes, _targets(klass, lanes, items, results, target), operation, results)[0]


def _group(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    inputs = incoming(klass, lanes, items, flow)
    return entries(klass, lanes, items, inputs[0] if inputs else flow, target)


def _residual(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    [given] = incoming(klass, lanes, items, flow)
    bodies = [item.children[0] for item in items]
    merged = [len(item.children) > 1 for item in items]
    name = ""
    entry = items[0].source.entry
    if not any(merged):
        return entries(klass, lanes, bodies, given, target)  # type: ignore[arg-type]
    test = None
    if not all(merged):
        test = klass.lift(entry.form.skip, given)
        if isinstance(test, e.Literal) or not agrees(test, lanes, merged):
            differ(lanes, merged)
            raise Unroll
    some = [lane for lane, each in zip(lanes, merged, strict=True) if each]
    chosen = [item for item in items if len(item.children) > 1]
    shortcut = given
    overwritten = given.variable == target
    long_way = any(c.kind != "absent" for item in chosen for c in item.children[1].children)  # type: ignore[union-attr]
    if overwritten or long_way:
        name = klass.variable("shortcut")
        if overwritten or any(c.kind == "absent" for item in chosen for c in item.children[1].children):  # type: ignore[union-attr]
            [shortcut] = assign(klass, lanes, (name,), given.variable, [Result({lane: given.at(lane) for lane in lanes}, given.shape)])
    body = entries(klass, lanes, bodies, given, target)  # type: ignore[arg-type]
    assert body is not None
    if test is None:
        if long_way:
            through = entries(klass, some, [item.children[1] for item in chosen], shortcut, name)  # type: ignore[misc]
            assert through is not None
            shortcut = through
        merged_ = _merge(klass, some, [item.children[2] for item in chosen], (shortcut, body), target)
        if overwritten or long_way:
            klass.release(name)
        return merged_
    flag = klass.attribute("skip")
    klass.build.append(Keep(flag, test))
    if body.variable != target:
        [body] = assign(klass, lanes, (target,), body.variable, [Result({lane: body.at(lane) for lane in lanes}, body.shape)])
    with klass.nested() as (build, forward):
        if long_way:
            through = entries(klass, some, [item.children[1] for item in chosen], shortcut, name)  # type: ignore[misc]
            assert through is not None
            shortcut = through
        result = _merge(klass, some, [item.children[2] for item in chosen], (shortcut, body), target)
    if build:
        klass.build.append(If(test, tuple(build)))
    if result.variable != target:
        raise Unroll
    klass.forward.append(When("attribute", flag, tuple(forward)))
    values = {lane: result.at(lane) if each else body.at(lane) for lane, each in zip(lanes, merged, strict=True)}
    tensor = Tensor(target, values, body.shape)
    klass.tensors[target] = tensor
    return tensor


def _merge(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope | str], inputs: Sequence[Tensor], target: str) -> Tensor:
    scopes = [item for item in items if isinstance(item, Scope)]
    call, _, results = layer_call(klass, lanes, scopes, inputs, None)
    assert isinstance(call, Function)
    operation = _function(klass, call, tuple(tensor.variable for tensor in inputs))
    return assign(klass, lanes, _targets(klass, lanes, scopes, results, target), operation, results)[0]


def _parallel(klass: Klass, lanes: Sequence[Lane], items: Sequence[Scope], flow: Tensor | None, target: str) -> Tensor | None:
    [given] = incoming(klass, lanes, items, flow)
    entry = items[0].source.entry
    differ(lanes, [len(item.children) for item in items])
    outputs: list[Tensor] = []
    count = len(items[0].children)
    merging = [isinstance(c := item.children[-1], Scope) and c.kind == "layer" and c.source.entry is None for item in items]
    differ(lanes, merging)
    for position in range(count - 1 if merging[0] else count):
        parts = [item.children[position] for item in items]
        outputs.extend(_branch_results(klass, lanes, parts, given, position))  # type: ignore[arg-type]
    if merging[0]:
        inputs = [
            lookup(klass, lanes, [item.children[-1].source.inputs[n] for item in items], outputs[n] if n < len(outputs) else None)  # type: ignore[union-attr]
            for n in range(len(items[0].children[-1].source.inputs))  # type: ignore[union-attr]
        ]
        result = _merge(klass, lanes, [item.children[-1] for item in items], inputs, target)
        kept = {given.variable, result.variable, *klass.inputs}
        taken = {t.variable for t in outputs if any(v in klass.program.referenced for v in t.values.values())}
        klass.release(*({t.variable for t in outputs} - kept - taken))
        return result
    return outputs[0] if outputs else given


def _branch_results(klass: Klass, lanes: Sequence[Lane], parts: Sequence[Scope], given: Tensor, position: int) -> list[Tensor]:
    label = parts[0].label
    differ(lanes, [len(part.children) for part in parts])
    if label == "branches":
        return loops.fan(klass, lanes, [part.children[0] for part in parts], given)  # type: ignore[misc]
    hint = label if label.isidentifier() and label != "branch" else f"branch{position + 1}"
    variable = klass.variable(hint)
    result = entries(klass, lanes, parts, given, variable)
    assert result is not None
    return [result]


INLINE = {"group": _group, "residual": _residual, "parallel": _parallel}

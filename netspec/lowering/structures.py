"""Structures that are no separate modules: their statements stand in the class around them."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.expr import Identifier, is_identifier
from netspec.lowering import body, repeats, scans
from netspec.lowering.calls import function
from netspec.lowering.class_builder import ClassBuilder
from netspec.lowering.instances import Local, MustUnroll, Site, differ
from netspec.lowering.modules import layer_call
from netspec.lowering.tensors import assign, copy, incoming, lookup, referenced, targets
from netspec.program import Function
from netspec.program.building import If, Keep
from netspec.program.forward import When


def group(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local | None:
    """The entries of a group."""
    inputs = incoming(klass, site, flow)
    return body.entries(klass, site, inputs[0] if inputs else flow, target)


def residual(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local | None:
    """The body, the shortcut, and their merge.

    The body stays in the list's variable, the shortcut has a separate one. If only some lanes have a shortcut, an
    attribute tells them apart.
    """
    [given] = incoming(klass, site, flow)
    merged = [len(item.parts()) > 1 for item in site.items]
    inner = Site(site.lanes, [item.parts()[0] for item in site.items])
    if not any(merged):
        return body.entries(klass, inner, given, target)
    test = None if all(merged) else klass.condition(site.written.form.skip, given, site.lanes, merged)
    some = site.where(merged)
    way, meeting = (Site(some.lanes, [item.parts()[n] for item in some.items]) for n in (1, 2))
    overwritten = given.variable == target
    through = any(there for part in way.parts() for there in part.there)
    name = klass.variable("shortcut") if overwritten or through else given.variable
    conditional = any(not all(part.there) for part in way.parts())
    shortcut = copy(klass, site.lanes, given, name) if overwritten or (through and conditional) else given
    after = body.entries(klass, inner, given, target)
    assert after is not None
    if test is None:
        if through:
            shortcut = _through(klass, way, shortcut, name)
        result = merge(klass, meeting, (shortcut, after), target)
        if name != given.variable:
            klass.release(name)
        return result
    after = copy(klass, site.lanes, after, target)
    with klass.nested() as (build, forward):
        if through:
            shortcut = _through(klass, way, shortcut, name)
        result = merge(klass, meeting, (shortcut, after), target)
    if result.variable != target:
        raise MustUnroll
    flag = klass.attribute("skip")
    klass.build.append(Keep(flag, test))
    if build:
        klass.build.append(If(test, tuple(build)))
    klass.forward.append(When("attribute", flag, tuple(forward)))
    values = {lane: (result if each else after).at(lane) for lane, each in zip(site.lanes, merged, strict=True)}
    klass.tensors[target] = Local(values, after.shape, target)
    return klass.tensors[target]


def _through(klass: ClassBuilder, way: Site, shortcut: Local, name: Identifier) -> Local:
    result = body.entries(klass, way, shortcut, name)
    assert result is not None
    return result


def merge(klass: ClassBuilder, site: Site, inputs: Sequence[Local], target: Identifier) -> Local:
    """The function at the end of a structure."""
    call, _, results = layer_call(klass, site, inputs, None)
    assert isinstance(call, Function)
    operation = function(klass, call, tuple(tensor.variable for tensor in inputs))
    return assign(klass, targets(klass, site, results, target), operation, results)[0]


def parallel(klass: ClassBuilder, site: Site, flow: Local | None, target: Identifier) -> Local | None:
    """Branches, each in a separate variable, and their merge."""
    [given] = incoming(klass, site, flow)
    parts = site.parts()
    merging = [item.parts()[-1].kind == "layer" for item in site.items]
    differ(site.lanes, merging)
    outputs: list[Local] = []
    for position, part in enumerate(parts[:-1] if merging[0] else parts):
        outputs.extend(_branch(klass, part, given, position))
    if not merging[0]:
        return lookup(klass, site.lanes, list(site.results()[0].values()), given)  # the result of a present branch
    inputs = [
        lookup(klass, site.lanes, values, outputs[n] if n < len(outputs) else None)
        for n, values in enumerate(parts[-1].inputs())
    ]
    result = merge(klass, parts[-1], inputs, target)
    kept = {given.variable, result.variable, *klass.inputs}
    done = {t.variable for t in outputs if not referenced(klass, t.values)}
    klass.release(*(done - kept))
    return result


def _branch(klass: ClassBuilder, part: Site, given: Local, position: int) -> list[Local]:
    label = part.items[0].label
    if part.items[0].source.fan:
        return repeats.fan(klass, part.parts()[0], given)
    named = is_identifier(label) and label != "branch"
    result = body.entries(klass, part, given, klass.variable(label if named else f"branch{position + 1}"))
    assert result is not None
    return [result]


HANDLERS = {
    "repeat": repeats.repeat,
    "scan": scans.scan,
    "group": group,
    "residual": residual,
    "parallel": parallel,
}
"""Lowering functions of scopes that are no modules themselves, by the kind of the scope."""

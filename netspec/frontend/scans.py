"""Scans: a block that runs for each place along an axis, with states that it hands on from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Kind, Unknown, WrongType
from netspec.frontend.carrying import Carried, carried
from netspec.frontend.context import Context, Flow, Origin
from netspec.frontend.entries import Entry
from netspec.frontend.invoke import call
from netspec.frontend.problems import Failed, kind_of
from netspec.graph import Node, Scan, Scope, Value
from netspec.layers.base import Layer
from netspec.layers.scan_steps import Stack, Steps
from netspec.shape import spell

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def scan(el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None) -> tuple[Scope, Flow]:
    """A block's entry with `scan`: the graph holds one of its steps, between the call that takes them and those that
    join their results.

    The results are those that are not carried, joined along the axis, or the first one where all are; then the states
    after the last step.
    """
    block = el.document.blocks[entry.operation]
    inside = el.inside(entry, context, flow)
    if flow is None or len(flow) != len(block.inputs):
        return el.once(entry, inside, flow, name)  # it reports a wrong number of inputs
    axis = _axis(el, entry, context, flow)
    carry = carried(el, entry, context, flow) if entry.common.carry is not None else Carried(flow, ())
    positions = carry.positions or ()
    if 0 in positions:
        raise _feeds_its_own(el, entry, context, block.inputs)
    scope = Scope("scan", context.level.path, False, entry.operation, source=Origin(entry, context.variables, flow))
    steps = _end(el, entry, context, Steps, axis, flow[:1], scope)
    el.entries[steps.key] = entry
    el.scans[steps.key] = Scan(axis)  # a network that fails in a step is counted up to there, too
    inside = replace(inside, scans=(*context.scans, steps.key))
    made, result = el.once(entry, inside, (*steps.outputs, *flow[1:]), name)
    scope.children.append(made)
    if result is None:
        return scope, None
    try:
        pairs = _carried_pairs(el, entry, context, carry, flow, result)
    except Failed:  # what is whole stands in the graph's tree all the same
        return scope, None
    el.scans[steps.key] = Scan(axis, pairs, tuple([block.inputs[position] for position in positions]))
    states = tuple(state for _, state in pairs)
    gathered = result[len(states) :] or result[:1]
    ends = [_end(el, entry, context, Stack, axis, (value, flow[0]), scope) for value in gathered]
    el.used.update(value.key for value in states)
    found = (*(end.outputs[0] for end in ends), *states)
    scope.source.results = found
    return scope, found


def _feeds_its_own(el: Elaborator, entry: Entry, context: Context, inputs: tuple[str, ...]) -> Failed:
    """The failure of a `carry` that names what the scan runs along, reported."""
    place = (*entry.path, "carry", (entry.common.carry or ()).index(inputs[0]))
    others = ", ".join(inputs[1:])
    return el.report.failure(
        Code.BAD_TARGETS,
        f"`{inputs[0]}` is what the scan runs along: no step can feed it",
        place if el.report.places.has(place) else place[:-1],
        expected=f"some of {others}" if len(inputs) > 2 else others or None,
        help=None
        if others
        else f"a state is another input of `{entry.operation}`: give it `inputs: [{inputs[0]}, state]`",
        fact=Unknown(inputs[0], "", inputs[1:], inputs[1] if len(inputs) == 2 else ""),
        related=context.calls,
    )


def leave_out_unread(el: Elaborator, root: Scope, outputs: Mapping[str, Value]) -> None:
    """Take the joined results of steps that nobody takes out of the graph, where the scan gives what somebody does."""
    scopes = list(root.walk())
    others = [scope for scope in scopes if scope.kind not in ("layer", "scan")]
    given = {value.key for scope in others for value in scope.source.results or ()}
    read = el.used | given | {value.key for value in (*outputs.values(), *el.side_outputs.values())}
    for scope in scopes:
        if scope.kind != "scan" or scope.source.results is None:
            continue
        steps, _, *ends = scope.parts()
        unread = [end for end in ends if end.children[0] not in read]
        own = {end.children[0] for end in ends}
        outside = [node for key, node in el.nodes.items() if key not in own and steps.children[0] not in node.scans]
        flowing = [value for node in outside for value in node.inputs] + [*outputs.values(), *el.side_outputs.values()]
        # Sizes may be symbols here, of which a comparison would be a decision.
        taken = {(value.key, value.index) for value in flowing}
        states = scope.source.results[len(ends) :]
        if len(unread) < len(ends) or any((value.key, value.index) in taken for value in states):
            for end in unread:
                del el.nodes[str(end.children[0])]
                scope.children.remove(end)


def _carried_pairs(
    el: Elaborator, entry: Entry, context: Context, carry: Carried, flow: tuple[Value, ...], result: Flow
) -> tuple[tuple[Value, Value], ...]:
    """Each carried state, before the loop and after a step.

    Raises:
        Failed: A state is missing, or is not what it was before the step.
    """
    names, positions = el.document.blocks[entry.operation].inputs, carry.positions or ()
    states = carry.onward(el, entry, result) or ()
    pairs = tuple((flow[at], state) for at, state in zip(positions, states, strict=True))
    for position, (before, after) in zip(positions, pairs, strict=True):
        _check_stays(el, entry, names[position], before, after, context)
    return pairs


def _axis(el: Elaborator, entry: Entry, context: Context, flow: tuple[Value, ...]) -> int:
    """The axis of the first input along which a scan runs, counted from the first."""
    place = (*entry.path, "scan")
    axis = el.value(entry.common.scan, place, context.variables, flow, context.inputs)
    if not isinstance(axis, int) or isinstance(axis, bool):
        fact = WrongType("scan", (Kind("integer"),))
        raise el.report.failure(Code.WRONG_TYPE, "", place, found=kind_of(axis), fact=fact, related=context.calls)
    rank = len(flow[0].shape)
    if not -rank <= axis < rank:
        raise el.report.failure(
            Code.BAD_AXIS,
            f"a scan runs along an axis of its first input, which has no axis {int(axis)}",
            place,
            found=spell(flow[0].shape),
            expected=f"{-rank} to {rank - 1}" if rank else "an input with an axis",
            related=context.calls,
        )
    return int(axis) % rank


def _end(
    el: Elaborator,
    entry: Entry,
    context: Context,
    cls: type[Layer],
    axis: int,
    inputs: tuple[Value, ...],
    scope: Scope,
) -> Node:
    """The call at an end of a scan."""
    plain = Entry(entry.path, entry.operation, form=entry.form)
    path = context.level.join(context.level.numbered(cls.op))
    node = call(el, plain, context, path, el.layers.make(cls, {"axis": axis}), None, inputs)
    origin = Origin(None, context.variables, inputs, node.outputs, results=node.outputs)
    scope.children.append(Scope("layer", path, False, cls.op, [node.key], origin))
    return node


def _check_stays(el: Elaborator, entry: Entry, name: str, before: Value, after: Value, context: Context) -> None:
    """Refuse a state that a step changes to one of another shape or type: the next step could not take it."""
    differing = [
        f"axis {axis} is {int(one)} before a step and {int(other)} after it"
        for axis, (one, other) in enumerate(zip(before.shape, after.shape, strict=False))
        if one != other
    ]
    if len(before.shape) != len(after.shape):
        differing = [f"{len(before.shape)} axes before a step and {len(after.shape)} after it"]
    elif before.dtype != after.dtype and not differing:
        raise el.report.failure(
            Code.WRONG_DTYPE,
            f"the state `{name}` does not stay as it is",
            (*entry.path, "carry"),
            found=f"{after.dtype} after a step",
            expected=before.dtype,
            help="the next step takes what this one gives",
            related=context.calls,
        )
    if differing:
        raise el.report.failure(
            Code.UNEQUAL_SHAPES,
            f"the state `{name}` does not stay as it is: {'; '.join(differing)}",
            (*entry.path, "carry"),
            found=f"{spell(after.shape)} after a step",
            expected=spell(before.shape),
            help="the next step takes what this one gives; `padding` keeps sizes, a 1x1 convolution gives channels",
            related=context.calls,
        )

"""A recorded elaboration, repeated for other sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netspec.expr import ExpressionError
from netspec.frontend.expressions import BadExpression, evaluate
from netspec.frontend.finish import first_bound_to_sizes
from netspec.frontend.views import ShapeView
from netspec.graph import Graph
from netspec.layers.base import Shapes
from netspec.resizing.outcome import Applied, Sized
from netspec.resizing.readings import Reading, property_of
from netspec.resizing.recorder import Recording
from netspec.shape import Shape


class Diverged(Exception):
    """An elaboration for these sizes would go another way than the one that was recorded."""


def replay(recording: Recording, shapes: Mapping[str, Shape]) -> Sized | None:
    """The network for other shapes of its inputs; None where an elaboration would find an error.

    Every step is the elaboration's own: what it read is read again before the call that came next, and must be what it
    was or lie in a slot; a layer is asked by its own rules; and all that the elaboration sees of a layer's answer but
    sizes must be what it was. So an elaboration would make these very calls up to the first that is refused.

    Args:
        recording: The elaboration.
        shapes: A shape for each input, with as many axes as it had.

    Raises:
        Diverged: Something that was read, or a layer's answer, is not what it was.
    """
    graph = recording.own.graph
    found: list[Shapes] = [(shapes[name],) for name in graph.inputs]
    slots = list(recording.slots)
    first = len(found)
    applied: list[Applied] = []
    same_weights = True
    for call, then in zip(recording.calls, recording.own.applied, strict=True):
        for reading in call.before:
            _read_again(reading, found, slots)
        rule = call.written.rule_for(slots)
        now = rule.apply(tuple([found[at][index] for at, index in call.inputs])) if rule else None
        if now is None:
            return None
        if now.form != then.form:
            raise Diverged
        if call.first is not None and applied[call.first - first].weights != now.weights:
            return None
        same_weights = same_weights and now.weights is then.weights
        found.append(now.outputs)
        applied.append(now)
    for reading in recording.after:
        _read_again(reading, found, slots)
    for (one, own), (other, target) in recording.ties:
        if applied[one - first].weights[own].shape != applied[other - first].weights[target].shape:
            return None
    if any(each.dynamic for each in graph.inputs.values()) and _is_bound(recording, graph, shapes, applied):
        return None
    return Sized(graph, tuple(applied), same_weights)


def _read_again(reading: Reading, found: Sequence[Shapes], slots: list[Any]) -> None:
    """Compute a value again if what it came of has changed."""
    try:
        stays = all(property_of(found[at][index], name) == value for (at, index), name, value in reading.seen)
        if stays and not reading.slots:
            return
        variables = {**reading.variables, **{name: slots[slot] for name, slot in reading.slots.items()}}
        variables.update((name, ShapeView(found[at][index])) for name, (at, index) in reading.views.items())
        value = evaluate(reading.raw, variables)
    except (BadExpression, ExpressionError):
        raise Diverged from None
    if reading.slot is not None and type(value) is type(reading.value):
        slots[reading.slot] = value
    elif repr(value) != repr(reading.value):  # texts, since 1, 1.0 and true are equal and yet not the same
        raise Diverged


def _is_bound(recording: Recording, graph: Graph, shapes: Mapping[str, Shape], applied: Sequence[Applied]) -> bool:
    """Whether a weight depends on an axis that the spec has for dynamic."""
    first = len(graph.inputs)
    other = {
        (at, 0): tuple(size + (axis in each.dynamic) for axis, size in enumerate(shapes[name]))
        for at, (name, each) in enumerate(graph.inputs.items())
    }
    calls = (
        (at, now.layer, call.inputs, now.weights)
        for at, (call, now) in enumerate(zip(recording.calls, applied, strict=True), start=first)
    )
    return first_bound_to_sizes(calls, other) is not None

"""A recorded elaboration, repeated for other sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.expr import ExpressionError
from netspec.frontend.expressions import BadExpression
from netspec.frontend.finish import first_bound_to_sizes
from netspec.frontend.views import ShapeView
from netspec.frontend.written import evaluate
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
    flowing = [shapes[name] for name in graph.inputs]
    values = _Values(recording, flowing)
    applied: list[Applied] = []
    same_weights = True
    for call, then in zip(recording.calls, recording.own.applied, strict=True):
        if call.before:
            values.read_again(call.before)
        written = call.written
        rule = written.rule_for(values.slots) if written.options else written.rule
        now = rule.apply(tuple([flowing[tensor] for tensor in call.inputs])) if rule else None
        if now is None:
            return None
        if now is not then:
            if now.form != then.form:
                raise Diverged
            same_weights = same_weights and now.weights is then.weights
        if call.first is not None and applied[call.first].weights != now.weights:
            return None
        flowing += now.outputs
        applied.append(now)
    values.read_again(recording.after)
    for (one, own), (other, target) in recording.ties:
        if applied[one].weights[own].shape != applied[other].weights[target].shape:
            return None
    found = Sized(graph, tuple(applied), same_weights)
    return None if _is_bound(recording, found, flowing) else found


class _Values:
    """What came of shapes: the slots, as far as it was computed again."""

    def __init__(self, recording: Recording, flowing: Sequence[Shape]) -> None:
        self.flowing = flowing
        self.recorded = recording.slots
        self.slots = list(recording.slots)

    def read_again(self, readings: Sequence[Reading]) -> None:
        """Compute values again, where something that they came of has changed.

        Raises:
            Diverged: One that must stay what it is does not.
        """
        flowing, slots, recorded = self.flowing, self.slots, self.recorded
        for reading in readings:
            for tensor, name, value in reading.seen:
                if property_of(flowing[tensor], name) != value:
                    break
            else:
                if all(slots[slot] is recorded[slot] for slot in reading.slots.values()):
                    continue
            self._compute(reading)

    def _compute(self, reading: Reading) -> None:
        variables = {**reading.variables, **{name: self.slots[slot] for name, slot in reading.slots.items()}}
        variables.update((name, ShapeView(self.flowing[tensor])) for name, tensor in reading.views.items())
        try:
            value = evaluate(reading.raw, variables)
        except (BadExpression, ExpressionError):
            raise Diverged from None
        if repr(value) == repr(reading.value):  # texts, since 1, 1.0 and true are equal and yet not the same
            return
        if reading.slot is None or type(value) is not type(reading.value):
            raise Diverged
        self.slots[reading.slot] = value


def _is_bound(recording: Recording, found: Sized, flowing: Sequence[Shape]) -> bool:
    """Whether a weight depends on an axis that the spec has for dynamic."""
    inputs = found.graph.inputs.values()
    if not any(each.dynamic for each in inputs):
        return False
    other = {
        at: tuple(size + (axis in each.dynamic) for axis, size in enumerate(flowing[at]))
        for at, each in enumerate(inputs)
    }
    calls = (
        (key, now.layer, call.inputs, call.outputs, now.weights)
        for (key, now), call in zip(found.calls, recording.calls, strict=True)
    )
    return first_bound_to_sizes(calls, other) is not None

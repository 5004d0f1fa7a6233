"""Replay of a recorded elaboration for other sizes."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from netspec import expr as e
from netspec.expr import ExpressionError
from netspec.expr.guards import Guard
from netspec.expr.normal import is_settled
from netspec.frontend.calls import rules_of
from netspec.frontend.symbolic import size_name
from netspec.layers.base import Refusal
from netspec.resizing.outcome import Sized
from netspec.resizing.recording import Recording, Values, sizes_of
from netspec.shape import Shape


class Diverged(Exception):
    """An elaboration for these sizes would differ from the recorded one."""


def replay(recording: Recording, shapes: Mapping[str, Shape]) -> Sized | None:
    """The network for other shapes of its inputs; None if an elaboration would find an error.

    As long as all guards keep their outcomes, an elaboration takes the recorded course, and its sizes are the values of
    their expressions. If a guard does not, the layer whose rule decided runs for these sizes: it may refuse them.

    Args:
        recording: The elaboration.
        shapes: A shape for each input, with the recorded number of axes.

    Raises:
        Diverged: A guard has another outcome, or a computed expression has no value.
    """
    graph = recording.own.graph
    values = Values(recording.formulas, sizes_of(graph.inputs, shapes))
    try:
        for guard, number in recording.guards:
            found = values.of(number)
            if found is not guard.outcome and repr(found) != repr(guard.outcome):  # texts, since 1 and 1.0 are equal
                if guard.opposite is not None and _refuses(recording, guard, values):
                    return None
                raise Diverged
        applied = recording.applied(values)
    except (ExpressionError, ZeroDivisionError):
        raise Diverged from None
    except (ValidationError, Refusal):
        return None
    own = recording.own.applied
    same = all(now is then or now.weights == then.weights for now, then in zip(applied, own, strict=True))
    return None if _is_bound(recording, shapes) else Sized(graph, applied, same)


def _refuses(recording: Recording, guard: Guard, values: Values) -> bool:
    """Whether the layer of a guard refuses its inputs."""
    asking = recording.applications[guard.place.calls]
    try:
        rules_of(asking.layer_at(values, recording.layers), asking.activation, asking.inputs_at(values))
    except (Refusal, ValidationError):
        return True
    return False


def _is_bound(recording: Recording, shapes: Mapping[str, Shape]) -> bool:
    """Whether an axis that the spec declares dynamic decides something."""
    inputs = recording.own.graph.inputs.values()
    if not any(each.dynamic for each in inputs):
        return False
    fixed: dict[str, e.Expr] = {}
    least: dict[str, int] = {}
    for each in inputs:
        for axis, size in enumerate(shapes[each.name]):
            name = size_name(each.name, axis)
            if axis in each.dynamic:
                least[name] = size
            else:
                fixed[name] = e.Literal(size)
    return not all(is_settled(e.substitute(guard.expr, fixed), least) for guard, _ in recording.guards)

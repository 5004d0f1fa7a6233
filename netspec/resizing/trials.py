"""Trials of input shapes: replayed from a recorded elaboration if its guards hold, else elaborated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError

from netspec import expr as e
from netspec.diagnostics import NetspecError
from netspec.expr import ExpressionError
from netspec.expr.guards import Guard
from netspec.frontend.calls import rules_of
from netspec.frontend.counting import Work
from netspec.frontend.document import Document
from netspec.frontend.dynamic_axes import unsettled
from netspec.frontend.network import elaborate
from netspec.frontend.problems import Report
from netspec.frontend.symbolic import size_name
from netspec.layers.base import Refusal
from netspec.resizing.outcome import Sized
from netspec.resizing.recording import Recording, Values, record, recorder, sizes_of
from netspec.shape import Shape

WORK = 400_000
"""The default allowance of work for trials of one network, in entries: far above the need of the zoo's largest."""

REPLAYED = 8
"""The number of replayed calls that cost as much as one elaborated call."""

KEPT = 8
"""The number of recordings that are kept: a spec may give different networks for large and small images."""


class Trials:
    """Tries input shapes on one document.

    Args:
        document: The document.
        work: The work that all trials together may take, in entries.
    """

    def __init__(self, document: Document, work: int = WORK) -> None:
        self.document = document
        self.work = Work(work)
        self.recordings: list[Recording] = []

    def __call__(self, shapes: Mapping[str, Shape]) -> Sized | None:
        """The network for these shapes of its inputs; None if it does not accept them.

        Raises:
            Exhausted: The limit of work was reached before.
        """
        self.work.pay()
        if self.document.detector is not None and not self._makes_a_detector(shapes):
            return None
        for recording in self.recordings:
            if not _is_repeatable(recording, shapes):
                continue
            self.work.pay(1 + len(recording.applications) // REPLAYED)
            try:
                found = replay(recording, shapes)
            except Diverged:
                continue
            self._put_first(recording)
            return found
        el = recorder(self.document, self.work)
        try:
            made = record(el, shapes)
        except NetspecError:
            return None
        self._put_first(made)
        return made.own

    def _makes_a_detector(self, shapes: Mapping[str, Shape]) -> bool:
        """Whether a network for these shapes is what its detector needs."""
        try:
            elaborate(self.document, Report(self.document.places), shapes, self.work)
        except NetspecError:
            return False
        return True

    def _put_first(self, recording: Recording) -> None:
        others = [each for each in self.recordings if each is not recording]
        self.recordings = [recording, *others[: KEPT - 1]]


def _is_repeatable(recording: Recording, shapes: Mapping[str, Shape]) -> bool:
    """Whether a recording may apply to these shapes: same inputs, same numbers of axes, and no size of 0."""
    inputs = recording.own.graph.inputs
    return shapes.keys() == inputs.keys() and all(
        len(shape) == len(inputs[name].shape) and min(shape, default=1) > 0 for name, shape in shapes.items()
    )


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
    asked = (replace(guard, expr=e.substitute(guard.expr, fixed)) for guard, _ in recording.guards)
    return any(True for _ in unsettled(asked, least))

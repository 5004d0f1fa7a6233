"""An elaboration that notes what it takes to repeat it for other sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.frontend.context import Failed, Flow
from netspec.frontend.document import Document
from netspec.frontend.elaborate import Elaborator
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_
from netspec.graph import Graph, Value
from netspec.objects.immutable import immutable
from netspec.resizing.outcome import Sized
from netspec.resizing.readings import DerivedInt, DerivedTuple, Reading, Tensor, derived, plain, property_of, read_of
from netspec.resizing.rules import NotingCache, Rules, Written
from netspec.shape import Shape

Held = tuple[int, str]
"""A weight: the number of its call, and its name in the module."""


@immutable
class Noted:
    """A reading as it came up: its views are values still, not numbers. `calls` is how many calls came before it."""

    raw: Any
    variables: Mapping[str, Any]
    views: Mapping[str, Value]
    seen: tuple[tuple[str, str], ...]
    slots: Mapping[str, int]
    value: Any
    slot: int | None
    calls: int


@immutable
class Call:
    """A call of a layer.

    Attributes:
        written: Its layer and its activation, as they were written.
        inputs: What flows in.
        outputs: What flows out.
        before: What was read since the call before.
        first: For a further call of a module, the number of the first.
    """

    written: Written
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    before: tuple[Reading, ...]
    first: int | None


@dataclass(frozen=True, eq=False)
class Recording:
    """A network as it was elaborated for one size.

    Attributes:
        own: What it is for that size.
        calls: Its calls, in execution order.
        after: What was read after the last.
        ties: Pairs of weights that must have one shape.
        slots: The values of the slots.
    """

    own: Sized
    calls: tuple[Call, ...]
    after: tuple[Reading, ...]
    ties: tuple[tuple[Held, Held], ...]
    slots: tuple[Any, ...]


class Recorder(Elaborator):
    """Elaborates, and notes what is read of shapes."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, Report(document.places))
        self.noted: list[Noted] = []
        self.slots: list[Any] = []
        self.noting = NotingCache()
        self.layers = self.noting
        self.rules = self.noting.rules

    def value(self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None) -> Any:
        """As ever; what came of shapes must stay what it is."""
        value = plain(super().value(raw, path, variables, flow, inputs))
        self._note(raw, variables, flow, inputs, value, keep=False)
        return value

    def passed_on(
        self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None
    ) -> Any:
        """As ever; what came of shapes gets a slot where its type allows."""
        value = plain(super().value(raw, path, variables, flow, inputs))
        return self._note(raw, variables, flow, inputs, value, keep=True)

    def silent(self, raw: Any, variables: Mapping[str, Any]) -> Any:
        """As ever; what came of shapes must stay what it is."""
        value = plain(super().silent(raw, variables))
        self._note(raw, variables, None, None, value, keep=False)
        return value

    def _note(self, raw: Any, variables: Mapping[str, Any], flow: Flow, inputs: Flow, value: Any, *, keep: bool) -> Any:
        """Note a value if it came of shapes; gives the value, with a slot where it is to be kept."""
        names, seen = read_of(raw)
        if not names:
            return value
        views = {name: values[0] for name, values in (("x", flow), ("input", inputs)) if name in names and values}
        slots = {
            name: found.slot for name in names if isinstance(found := variables.get(name), (DerivedInt, DerivedTuple))
        }
        if not views and not slots:
            return value
        kept = derived(value, len(self.slots)) if keep else None
        if kept is not None:
            self.slots.append(value)
        slot = None if kept is None else kept.slot
        read = tuple((view, name) for view, name in sorted(seen) if view in views)
        # As they are now: a `let` that names a variable anew changes what later expressions see.
        named = {name: variables[name] for name in names if name in variables}
        self.noted.append(Noted(raw, named, views, read, slots, value, slot, len(self.nodes)))
        return value if kept is None else kept

    def record(self, shapes: Mapping[str, Shape]) -> Recording:
        """Elaborate the document for these shapes of its inputs.

        Raises:
            NetspecError: It does not take them.
        """
        try:
            return self.recording(self.network(shapes))
        except Failed:
            raise NetspecError(self.report.diagnostics) from None

    def recording(self, graph: Graph) -> Recording:
        """What was noted of an elaboration that gave this graph."""
        numbers = {(name, 0): at for at, name in enumerate(graph.inputs)}
        for node in graph.nodes.values():
            for index in range(len(node.outputs)):
                numbers[node.key, index] = len(numbers)
        before: list[list[Reading]] = [[] for _ in range(len(graph.nodes) + 1)]
        for noted in self.noted:
            before[noted.calls].append(_reading(noted, numbers))
        order = {key: at for at, key in enumerate(graph.nodes)}
        rules = Rules(self.noting)
        calls, applied = [], []
        for node, readings in zip(graph.nodes.values(), before, strict=False):
            written = rules.written(node.layer, node.activation)
            inputs, outputs = _numbered(node.inputs, numbers), _numbered(node.outputs, numbers)
            calls.append(Call(written, inputs, outputs, tuple(readings), order[node.path] if node.reuses else None))
            given = written.rule.apply(node.input_shapes)
            assert given is not None, "what was elaborated is not refused"
            applied.append(given)
        own = Sized(graph, tuple(applied), same_weights=True)
        return Recording(own, tuple(calls), tuple(before[-1]), tuple(_ties(graph, order)), tuple(self.slots))


def _numbered(values: Iterable[Value], numbers: Mapping[tuple[str, int], Tensor]) -> tuple[Tensor, ...]:
    return tuple([numbers[value.key, value.index] for value in values])


def _reading(noted: Noted, numbers: Mapping[tuple[str, int], Tensor]) -> Reading:
    views = {name: numbers[value.key, value.index] for name, value in noted.views.items()}
    seen = tuple((views[view], name, property_of(noted.views[view].shape, name)) for view, name in noted.seen)
    return Reading(noted.raw, noted.variables, views, seen, noted.slots, noted.value, noted.slot)


def _ties(graph: Graph, order: Mapping[str, int]) -> Iterator[tuple[Held, Held]]:
    """Weights that must have one shape."""
    if not any(node.ties for node in graph.nodes.values()):
        return
    makers = [node for node in graph.nodes.values() if not node.reuses]
    tensors = {
        f"{node.path}.{name}" if name else node.path: (order[node.key], name)
        for node in makers
        for name in node.weights
    }
    for node in makers:
        yield from (((order[node.key], own), tensors[target]) for own, target in node.ties.items())

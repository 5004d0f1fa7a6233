"""An elaboration over symbols: params and input sizes that carry their expressions.

The elaboration takes the same course as for their values. A symbol that is passed on carries its expression; a
decision by one (a condition, a count, a name, a comparison in a layer's rule) is recorded as a guard. So the graph is
valid for all values of the symbols for which the guards have the same outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.expr.guards import Guards
from netspec.expr.normal import key
from netspec.expr.symbols import concrete, expression, is_symbol, is_symbolic, items_of, symbol
from netspec.expr.tracing import after_rounds, computed, decide
from netspec.frontend.context import Context, Flow
from netspec.frontend.counting import Work
from netspec.frontend.document import Document
from netspec.frontend.elaborate import Elaborator
from netspec.frontend.entries import Entry
from netspec.frontend.parameters import VIEWS, Parameter
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_
from netspec.frontend.symbolic_layers import SymbolicLayers
from netspec.frontend.written import BadExpression, ShapeView, Written, lifted, names_read, view_of
from netspec.graph import Graph, Input, Scope
from netspec.objects.immutable import immutable
from netspec.shape import Shape

_LENGTH = e.Apply("len", (e.Name(Identifier("list")),))

Axes = Callable[[Input], Collection[int]]


@immutable
class Place:
    """The place of a guard.

    Attributes:
        path: The entry's place.
        calls: The chain of block calls up to the entry.
        again: Whether it is in a module that is called again.
        weights: Whether only a layer's weights depend on it.
    """

    path: Path_
    calls: int
    again: bool
    weights: bool = False


class SymbolicElaborator(Elaborator):
    """Elaborates over symbols.

    Args:
        document: The document.
        report: Takes the errors.
        params: The params that are symbols, by their own names.
        axes: The axes of an input whose sizes are symbols, named by `size_name`.
        step: The number that divides the sizes of these axes of an input: the symbol is the quotient.
        work: As for `Elaborator`.

    Attributes:
        guards: The decisions by symbols.
        loops: Repeats whose numbers of rounds are symbols, each with its number.
    """

    def __init__(
        self,
        document: Document,
        report: Report,
        params: Collection[str] = (),
        axes: Axes = lambda each: (),
        step: Callable[[Input], int] = lambda each: 1,
        work: Work | None = None,
    ) -> None:
        super().__init__(document, report, work)
        self.params = params
        self.axes = axes
        self.step = step
        self.guards = Guards()
        self.symbolic = SymbolicLayers(self.guards, work)
        self.layers = self.symbolic
        self.rules = self.layers.rules
        self.loops: list[tuple[int, Scope]] = []
        self.reused = 0
        self.handlers["reuse"] = self._reusing(self.handlers["reuse"])

    def network(self, overrides: Mapping[str, Shape] | None = None) -> Graph:
        """The graph of the document; records its guards."""
        self.guards.place = Place((), 0, again=False)
        with self.guards.recording():
            return super().network(overrides)

    def inputs(self, variables: Mapping[str, Any], overrides: Mapping[str, Shape]) -> dict[str, Input]:
        """The inputs of the network, with symbols for sizes."""
        return {
            name: replace(each, shape=sized(each, self.axes(each), self.step(each)))
            for name, each in super().inputs(variables, overrides).items()
        }

    def parameters(
        self, declared: Mapping[str, Parameter], given: Mapping[str, Any], places: Mapping[str, Path_]
    ) -> dict[str, Any]:
        """Checked values of parameters; those of the network are symbols."""
        found = super().parameters(declared, given, places)
        if declared is not self.document.params:
            return found
        for name in self.params:
            found[name] = symbol(found[name], e.Name(Identifier(name), e.kind_of([found[name]])))
        for parameter in declared.values():  # a default that reads another param has its value for one value of that
            for name in names_read(parameter.default) & set(self.params):
                decide(found[name])
        return found

    def parameter(self, parameter: Parameter, given: Mapping[str, Any], path: Path_, earlier: Mapping[str, Any]) -> Any:
        """The checked value of one parameter; a symbol stays one."""
        name = parameter.name
        own = given.get(name)
        if name not in given and names_read(parameter.default):
            own = self.passed_on(parameter.default, path, earlier)
        if not is_symbolic(own):
            return super().parameter(parameter, given, path, earlier)
        super().parameter(parameter, {**given, name: concrete(own)}, path, earlier)
        return own

    def entry(self, entry: Entry, context: Context, above: Flow) -> tuple[Scope, Flow]:
        """Elaborate one entry; its guards are recorded at its place."""
        with self.at(entry.path):
            return super().entry(entry, context, above)

    @contextmanager
    def at(self, path: Path_) -> Iterator[None]:
        """Set the place of guards that are recorded in this context."""
        before = self.guards.place
        self.guards.place = Place(path, len(self.nodes), self.reused > 0)
        try:
            yield
        finally:
            self.guards.place = replace(before, calls=len(self.nodes))

    def _reusing(self, handler: Callable[..., tuple[Scope, Flow]]) -> Callable[..., tuple[Scope, Flow]]:
        def reuse(*args: Any) -> tuple[Scope, Flow]:
            self.reused += 1
            try:
                return handler(*args)
            finally:
                self.reused -= 1

        return reuse

    # -- values --------------------------------------------------------------------------------

    def value(self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None) -> Any:
        """The value of something written; a value that depends on symbols records a guard."""
        found = self.passed_on(raw, path, variables, flow, inputs)
        with self.at(path):
            decide(found)
        return concrete(found)

    def passed_on(
        self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None
    ) -> Any:
        """The value of something that is passed on; a value that depends on symbols is a symbol."""
        if isinstance(raw, Written) and isinstance(raw.whole, e.Name) and is_symbol(variables.get(raw.whole.id)):
            return variables[raw.whole.id]
        reads = self._symbols_read(raw, variables, flow, inputs)
        if not reads:
            return super().value(raw, path, variables, flow, inputs)
        plain = {**variables, **{name: _concrete(variables[name]) for name in reads if name in variables}}
        value = super().value(raw, path, plain, _plain(flow), _plain(inputs))
        return _symbols(raw, value, lambda part: e.transform(part, _leaf(variables, flow, inputs)))

    def rounds(
        self, raw: Any, path: Path_, variables: Mapping[str, Any], flow: Flow = None, inputs: Flow = None
    ) -> tuple[Any, Any]:
        """The rounds and their number; the length of a list is a decision, its items are passed on."""
        found = self.passed_on(raw, path, variables, flow, inputs)
        number = computed(_LENGTH, {"list": found}) if isinstance(concrete(found), (tuple, list)) else found
        with self.at(path):
            decide(number)
        return items_of(found) if number is not found else concrete(found), number

    def after_rounds(self, scope: Scope, number: int, flows: Sequence[Flow]) -> Flow:
        """The flow after the rounds; an axis that they change depends on their number."""
        if not is_symbolic(number) or not all(flows):
            return flows[-1]
        self.loops.append((number, scope))
        if scope.source.entry.common.collect is not None or len(flows[-1] or ()) > 1:
            decide(number)  # what is gathered has a tensor for each round
        values = [flow[0] for flow in flows if flow]
        if len({(len(value.shape), value.dtype) for value in values}) > 1:
            decide(number)  # independent of the loop
            return flows[-1]
        last = values[-1]
        sizes = [[key(expression(size)) for size in sizes] for sizes in zip(*(v.shape for v in values), strict=True)]
        shape = tuple(
            size if _stays(keys) else after_rounds(size, number) for size, keys in zip(last.shape, sizes, strict=True)
        )
        return (replace(last, shape=shape), *(flows[-1] or ())[1:])

    def silent(self, raw: Any, variables: Mapping[str, Any]) -> Any:
        """The value of something that no flow reaches; a value that depends on symbols records a guard."""
        reads = self._symbols_read(raw, variables, None, None)
        value = super().silent(raw, {**variables, **{name: _concrete(variables[name]) for name in reads}})
        if reads:
            decide(_symbols(raw, value, lambda part: e.transform(part, _leaf(variables, None, None))))
        return value

    def _symbols_read(self, raw: Any, variables: Mapping[str, Any], flow: Flow, inputs: Flow) -> list[str]:
        """The names of symbols that a value reads, views included."""
        try:
            names = names_read(raw)
        except BadExpression:
            return []
        views = {view: given[0].shape for view, given in zip(VIEWS, (flow, inputs), strict=True) if given}
        return [name for name in names if is_symbolic(_looked_at(variables.get(name, views.get(name))))]


def _stays(keys: Sequence[Hashable]) -> bool:
    """Whether a size is the same from the first round on; a single round gives no evidence."""
    return len(set(keys[1:])) == 1


def sized(given: Input, axes: Collection[int], step: int = 1) -> Shape:
    """The shape of an input with symbols for the sizes of some axes, or for their quotients by `step`."""

    def size_of(axis: int) -> Expr:
        name = e.Name(size_name(given.name, axis), "whole")
        return name if step == 1 else e.Binary("*", e.Literal(step), name)

    return tuple(symbol(size, size_of(axis)) if axis in axes else size for axis, size in enumerate(given.shape))


def size_name(given: str, axis: int) -> Identifier:
    """The name of the size of an input's axis."""
    return Identifier.near(f"{given}_{axis}")


def _symbols(raw: Any, value: Any, rename: Callable[[Expr], Expr]) -> Any:
    """A computed value with the expressions of the written one."""
    if isinstance(raw, Mapping):
        return {key: _symbols(raw[key], each, rename) for key, each in value.items()}
    return symbol(value, e.fold(lifted(raw, rename)))


def _looked_at(value: Any) -> Any:
    """A value, or the shape that a view shows."""
    return value.shape if isinstance(value, ShapeView) else value


def _concrete(value: Any) -> Any:
    return ShapeView(concrete(value.shape)) if isinstance(value, ShapeView) else concrete(value)


def _leaf(variables: Mapping[str, Any], flow: Flow, inputs: Flow) -> Callable[[Expr], Expr | None]:
    views = {name: each.shape for name, each in variables.items() if isinstance(each, ShapeView)}
    views |= {view: given[0].shape for view, given in zip(VIEWS, (flow, inputs), strict=True) if given}

    def leaf(part: Expr) -> Expr | None:
        match part:
            case e.Attribute(e.Name(view), name) if view in views:
                return view_of([expression(size) for size in views[view]], name)
            case e.Name(name) if name in variables:
                return expression(variables[name])
            case e.Name(view) if view in views:
                return view_of([expression(size) for size in views[view]], "shape")
        return None

    return leaf


def _plain(flow: Flow) -> Flow:
    return flow and (replace(flow[0], shape=concrete(flow[0].shape)), *flow[1:])

"""A recorded elaboration over the sizes of its inputs, and each of its calls for other sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.expr import Expr
from netspec.expr.formulas import formula
from netspec.expr.guards import Guard
from netspec.expr.symbols import concrete, expression, is_symbolic
from netspec.expr.tracing import recorded
from netspec.frontend.calls import LayerCache, rules_of
from netspec.frontend.counting import Work
from netspec.frontend.document import Document
from netspec.frontend.network import elaborate
from netspec.frontend.problems import Failed, Report
from netspec.frontend.symbolic import SymbolicElaborator, size_name
from netspec.graph import Graph, Node, Value
from netspec.layers.base import Layer, Shapes, Weight
from netspec.objects.immutable import mutable, unique
from netspec.resizing.outcome import Applied, Sized
from netspec.shape import Shape


class Pool:
    """Expressions by number, without duplicates."""

    def __init__(self) -> None:
        self.numbers: dict[Expr, int] = {}

    def number(self, value: Any) -> int:
        """The number of the expression of a value, which may be a symbol or contain symbols."""
        return self.numbers.setdefault(expression(value), len(self.numbers))

    def symbols(self, values: Mapping[str, Any]) -> dict[str, int]:
        """The numbers of those values that are symbols."""
        return {name: self.number(value) for name, value in values.items() if is_symbolic(value)}


class Values:
    """The values of expressions for given sizes; each is computed once, at its first use."""

    def __init__(self, formulas: Sequence[Callable[[Mapping[str, int]], Any]], sizes: Mapping[str, int]) -> None:
        self.formulas = formulas
        self.sizes = sizes
        self.known: dict[int, Any] = {}

    def of(self, number: int) -> Any:
        """The value of an expression.

        Raises:
            ExpressionError: It has no value.
        """
        try:
            return self.known[number]
        except KeyError:
            found = self.known[number] = self.formulas[number](self.sizes)
            return found


@mutable
class Application:
    """A layer and its activation applied to inputs; values that depend on sizes are stored by expression number.

    Attributes:
        layer: The layer for the recorded sizes.
        activation: The activation on its result.
        options: Its options, if some depend on sizes, and the numbers of those.
        inputs: Input shapes.
        outputs: Output shapes.
        weights: Its tensors for the recorded sizes, and the shapes of those that depend on sizes.
        known: Results for other sizes.
    """

    layer: Layer
    activation: Layer | None
    options: tuple[Mapping[str, Any], Mapping[str, int]] | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    weights: tuple[Mapping[str, Weight], Mapping[str, int]]
    known: dict[Any, Applied] = field(default_factory=dict)

    def layer_at(self, values: Values, layers: LayerCache) -> Layer:
        """The layer for given sizes.

        Raises:
            ValidationError: It refuses its options.
        """
        if self.options is None:
            return self.layer
        own, sized = self.options
        return layers.make(type(self.layer), {**own, **{name: values.of(number) for name, number in sized.items()}})

    def inputs_at(self, values: Values) -> Shapes:
        """The input shapes for given sizes."""
        return tuple([values.of(number) for number in self.inputs])

    def at(self, values: Values, layers: LayerCache) -> Applied:
        """The applied layer for given sizes.

        Raises:
            ExpressionError: A size has no value.
            ValidationError: The layer refuses its options.
            Refusal: The layer refuses its inputs.
        """
        inputs, layer = self.inputs_at(values), self.layer_at(values, layers)
        key = id(layer), inputs
        if key not in self.known:
            self.known[key] = self._applied(values, layer, inputs)
        return self.known[key]

    def _applied(self, values: Values, layer: Layer, inputs: Shapes) -> Applied:
        if self.options is not None:  # a rule may use an option in a way that no expression states
            rules = rules_of(layer, self.activation, inputs)
            return Applied(layer, inputs, rules.outputs, rules.weights)
        own, sized = self.weights
        if sized:
            own = {**own, **{name: replace(own[name], shape=values.of(number)) for name, number in sized.items()}}
        return Applied(layer, inputs, tuple([values.of(number) for number in self.outputs]), own)


@unique
class Recording:
    """A recorded elaboration of a network for one size.

    Attributes:
        own: The network for that size.
        formulas: Expressions by their numbers, as functions of sizes.
        guards: Decisions by sizes, in order, without duplicates, with the numbers of their expressions.
        applications: The applications of its calls, in execution order; equal ones are one object.
        layers: Cache of the layers made so far.
    """

    own: Sized
    formulas: tuple[Callable[[Mapping[str, int]], Any], ...]
    guards: tuple[tuple[Guard, int], ...]
    applications: tuple[Application, ...]
    layers: LayerCache

    def applied(self, values: Values) -> tuple[Applied, ...]:
        """The applied layers of its calls for given sizes.

        Raises:
            ExpressionError: A size has no value.
            ValidationError: A layer refuses its options.
            Refusal: A layer refuses its inputs.
        """
        found = {each: each.at(values, self.layers) for each in dict.fromkeys(self.applications)}
        return tuple([found[each] for each in self.applications])


def recorder(document: Document, work: Work | None = None) -> SymbolicElaborator:
    """An elaboration whose symbols are the sizes of all inputs."""
    return SymbolicElaborator(document, Report(document.places), axes=lambda each: range(len(each.shape)), work=work)


def record(el: SymbolicElaborator, shapes: Mapping[str, Shape]) -> Recording:
    """Elaborate for these shapes of the inputs.

    Raises:
        NetspecError: The network does not accept the shapes.
    """
    try:
        graph = el.network(shapes)
    except Failed:
        raise NetspecError(el.report.diagnostics) from None
    if any(each.dynamic for each in graph.inputs.values()):
        elaborate(el.document, Report(el.document.places), shapes)
    pool, layers = Pool(), LayerCache()
    guards = {(guard.expr, repr(guard.outcome)): guard for guard in reversed(el.guards.found)}
    asked = tuple(
        (guard, pool.numbers.setdefault(guard.expr, len(pool.numbers))) for guard in reversed(guards.values())
    )
    known: dict[str, Application] = {}
    applications = []
    for node in graph.nodes.values():
        application = _application(node, el, layers, pool)
        key = repr((id(application.layer), id(node.activation), application.options, application.inputs))
        applications.append(known.setdefault(key, application))
    formulas = tuple([formula(recorded(expr)) for expr in pool.numbers])
    made = Recording(Sized(graph, (), same_weights=True), formulas, asked, tuple(applications), layers)
    applied = made.applied(Values(formulas, sizes_of(graph.inputs, shapes)))
    return replace(made, own=Sized(_plain(graph, applied), applied, same_weights=True))


def sizes_of(inputs: Iterable[str], shapes: Mapping[str, Shape]) -> dict[str, int]:
    """The values of symbols for these shapes of the inputs."""
    return {size_name(name, axis): size for name in inputs for axis, size in enumerate(shapes[name])}


def _application(node: Node, el: SymbolicElaborator, layers: LayerCache, pool: Pool) -> Application:
    layer, options = node.layer, None
    if id(layer) in el.symbolic.made:
        _, given = el.symbolic.made[id(layer)]
        options, layer = (concrete(given), pool.symbols(given)), layers.make(type(layer), concrete(given))
    sized = pool.symbols({name: each.shape for name, each in node.weights.items()})
    plain = {name: replace(each, shape=concrete(each.shape)) for name, each in node.weights.items()}
    inputs, outputs = (tuple([pool.number(value.shape) for value in flow]) for flow in (node.inputs, node.outputs))
    return Application(layer, node.activation, options, inputs, outputs, (plain, sized))


def _plain(graph: Graph, applied: Sequence[Applied]) -> Graph:
    """A graph without symbols."""

    def values(flow: Iterable[Value]) -> tuple[Value, ...]:
        return tuple([replace(value, shape=concrete(value.shape)) for value in flow])

    nodes = {
        node.key: replace(
            node,
            layer=each.layer,
            inputs=values(node.inputs),
            outputs=values(node.outputs),
            weights=each.weights,
            call=each.layer.emit(each.inputs),
        )
        for node, each in zip(graph.nodes.values(), applied, strict=True)
    }
    return replace(
        graph,
        nodes=nodes,
        inputs={name: replace(each, shape=concrete(each.shape)) for name, each in graph.inputs.items()},
        outputs={name: values([each])[0] for name, each in graph.outputs.items()},
        side_outputs={name: values([each])[0] for name, each in graph.side_outputs.items()},
    )

"""The elaborated graph: what a network is once every block, repeat and condition is unrolled.

Two views of one thing. The *flow* is a networkx DiGraph of layer calls, in execution order. The
*scope tree* says how those calls nest: which block, sequence, branch and round each belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from netspec.diagnostics import Span
from netspec.layers.base import Layer, Weight
from netspec.objects.immutable import immutable
from netspec.shape import Shape

if TYPE_CHECKING:
    import networkx as nx


@immutable
class Value:
    """A tensor in the graph: output `index` of the node with `key` (or a network input's name).

    Shape is without the batch axis; dtype is ``float32``, ``int64``, ...
    """

    key: str
    index: int
    shape: Shape
    dtype: str = "float32"


@immutable
class Input:
    """An input of the network; `dynamic` holds the axes (counted without the batch) whose size may vary."""

    name: str
    shape: Shape
    dtype: str = "float32"
    dynamic: tuple[int, ...] = ()
    span: Span | None = None


@immutable
class Initialiser:
    """A function of torch.nn.init (without its final underscore) with its arguments."""

    function: str
    arguments: Mapping[str, Any]


@immutable
class Node:
    """One call of one layer.

    Attributes:
        key: Unique in the graph: the path, or for a further call of the same module ``path#2``, ...
        path: Module path, the prefix of its state_dict keys. Functions such as ``add`` bear one too.
        layer: The layer with its options.
        activation: Layer applied to the result inside the entry, or None.
        inputs: Tensors that flow in.
        outputs: Tensors that flow out.
        weights: Tensors by their name in the module (``weight``), in state_dict order; of a further call, too.
        frozen: Whether its parameters are not trained.
        reuses: Whether the module belongs to an earlier node of the same path.
        training_only: Whether it belongs to a side branch that runs in training alone.
        initialisers: Own weight name to the initialiser that the spec gives it; torch's default elsewhere.
        ties: Own weight name to the full state_dict key whose tensor it shares.
        span: Where the entry stands in the spec.
    """

    key: str
    path: str
    layer: Layer
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    weights: Mapping[str, Weight]
    activation: Layer | None = None
    frozen: bool = False
    reuses: bool = False
    training_only: bool = False
    initialisers: Mapping[str, Initialiser] = field(default_factory=dict)
    ties: Mapping[str, str] = field(default_factory=dict)
    span: Span | None = None

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Shapes that flow in, without the batch."""
        return tuple([v.shape for v in self.inputs])

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        """Shapes that flow out, without the batch."""
        return tuple([v.shape for v in self.outputs])


def state_key(path: str, weight: str) -> str:
    """The state_dict key of a weight of the module at a path; a free parameter has no name below its path."""
    return f"{path}.{weight}" if weight else path


ScopeKind = Literal[
    "network", "block", "sequence", "residual", "parallel", "branch", "group", "repeat", "round", "layer", "absent"
]


@dataclass(slots=True, eq=False)
class Scope:
    """A part of the spec as it was elaborated.

    Attributes:
        kind: What made it. A `layer` scope holds exactly one node key, an `absent` one nothing.
        path: Module path where `level` holds; else that of the enclosing level.
        level: Whether it is a torch module of its own (with children).
        label: Block name, structure or layer name, for tables.
        children: Scopes in the order of the text, and node keys (strings).
        source: What lowering needs to know of its origin; opaque to everyone else.
    """

    kind: ScopeKind
    path: str
    level: bool
    label: str
    children: list[Scope | str] = field(default_factory=list)
    source: Any = None

    def parts(self) -> list[Scope]:
        """The scopes directly inside."""
        return [child for child in self.children if isinstance(child, Scope)]

    def walk(self) -> Iterator[Scope]:
        """This scope and all below it, outermost first."""
        pending = [self]
        while pending:
            scope = pending.pop()
            yield scope
            pending.extend(c for c in reversed(scope.children) if isinstance(c, Scope))

    def node_keys(self) -> Iterator[str]:
        """The node keys below it, in the order of the text."""
        pending: list[Scope | str] = [self]
        while pending:
            part = pending.pop()
            if isinstance(part, str):
                yield part
            else:
                pending.extend(reversed(part.children))

    def innermost(self) -> Scope:
        """The scope itself, or the block that is all of it: a round that is one block's call is that block."""
        scope = self
        while len(scope.children) == 1:
            (child,) = scope.children
            if isinstance(child, str) or not child.level or child.path != scope.path:
                break
            scope = child
        return scope


@immutable
class Graph:
    """An elaborated network.

    Attributes:
        nodes: Layer calls by key, in execution order.
        order: Node keys in the order in which torch registers their modules (that of the state_dict).
        outputs: Output name to value; those of side branches in `side_outputs`.
    """

    name: str
    doc: str
    inputs: Mapping[str, Input]
    nodes: Mapping[str, Node] = field(repr=False)  # what holds a graph is to be read where it is printed
    order: tuple[str, ...] = field(repr=False)
    outputs: Mapping[str, Value]
    side_outputs: Mapping[str, Value]
    root: Scope = field(repr=False)

    @cached_property
    def flow(self) -> nx.DiGraph:
        """Who feeds whom. Nodes are keys (network inputs by their names); an edge holds its `ports`.

        A port is a pair: output index of the producer, input position of the consumer.
        """
        import networkx as nx  # a fifth of a summary's whole time, and a summary has no need of it

        flow = nx.DiGraph(name=self.name)
        flow.add_nodes_from(self.inputs)
        flow.add_nodes_from(self.nodes)
        for key, node in self.nodes.items():
            for position, value in enumerate(node.inputs):
                if flow.has_edge(value.key, key):
                    flow.edges[value.key, key]["ports"].append((value.index, position))
                else:
                    flow.add_edge(value.key, key, ports=[(value.index, position)])
        return flow

    @cached_property
    def state_dict(self) -> dict[str, Weight]:
        """Every tensor of the module's state_dict by its key, in torch's order."""
        return self.state_dict_of({key: node.weights for key, node in self.nodes.items()})

    def state_dict_of(self, weights: Mapping[str, Mapping[str, Weight]]) -> dict[str, Weight]:
        """The same with these weights by node key, as for another size of the inputs."""
        return {
            state_key(node.path, name): weight
            for node in (self.nodes[key] for key in self.order)
            if not node.reuses
            for name, weight in weights[node.key].items()
        }

    @cached_property
    def owners(self) -> dict[str, str]:
        """The state_dict key whose tensor each tied key shares: where its ties end.

        Ties in a circle or to nothing, which a broken spec may have, are left out.
        """
        ties = {state_key(node.path, own): to for node in self.nodes.values() for own, to in node.ties.items()}
        known = {state_key(node.path, name) for node in self.nodes.values() for name in node.weights} if ties else set()
        found = {}
        for key in ties:
            met, target = {key}, ties[key]
            while target in ties and target not in met:
                met.add(target)
                target = ties[target]
            if target in known and target not in met:
                found[key] = target
        return found

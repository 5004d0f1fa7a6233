"""The layer calls of an elaborated network, their tensors and their flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Span
from netspec.graph.scopes import Scope
from netspec.layers.base import Layer, Weight
from netspec.objects.immutable import immutable
from netspec.program import Call
from netspec.shape import Shape, product

if TYPE_CHECKING:
    import networkx as nx

    from netspec.detectors.base import Detector
    from netspec.program.assembly import Assembly


@immutable
class Value:
    """A tensor in the graph: output `index` of the node with `key` (or a network input's name).

    The shape excludes the batch axis; dtype is ``float32``, ``int64``, ...
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
        path: Module path, the prefix of its state_dict keys. Functions such as ``add`` have one too.
        layer: The layer with its options.
        activation: Layer applied to the result inside the entry, or None.
        inputs: Input tensors.
        outputs: Output tensors.
        weights: Tensors by their name in the module (``weight``), in state_dict order; also for a further call.
        call: The call that computes the layer in torch.
        frozen: Whether its parameters are not trained.
        reuses: Whether the module belongs to an earlier node of the same path.
        training_only: Whether it belongs to a side branch that runs only in training.
        scans: The scans around it, outermost first, by the keys of the calls that take their steps.
        initialisers: Initialisers of the spec by own weight name; torch's defaults for other weights.
        ties: Full state_dict keys of shared tensors by own weight name.
        span: The place of the entry in the spec.
    """

    key: str
    path: str
    layer: Layer
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    weights: Mapping[str, Weight]
    call: Call
    activation: Layer | None = None
    frozen: bool = False
    reuses: bool = False
    training_only: bool = False
    scans: tuple[str, ...] = ()
    initialisers: Mapping[str, Initialiser] = field(default_factory=dict)
    ties: Mapping[str, str] = field(default_factory=dict)
    span: Span | None = None

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Input shapes, without the batch."""
        return tuple([v.shape for v in self.inputs])

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        """Output shapes, without the batch."""
        return tuple([v.shape for v in self.outputs])


def state_key(path: str, weight: str) -> str:
    """The state_dict key of a weight of the module at a path; a free parameter has no name below its path."""
    return f"{path}.{weight}" if weight else path


@immutable
class Scan:
    """A loop over an axis. The graph holds one step of it, whose carried inputs are the initial states.

    Attributes:
        axis: The axis, counted without the batch.
        carried: Each carried state: before the loop, and after a step.
        names: What the block calls each of them, as its input.
    """

    axis: int
    carried: tuple[tuple[Value, Value], ...] = ()
    names: tuple[str, ...] = ()


@immutable
class Detection:
    """What makes a detector of a network.

    Attributes:
        kind: The kind of detector with its options.
        assembly: The construction of its class.
        classes: The number of classes, the background among them.
        per_region: The keys of nodes that run once for each region of an image; none where a kind has no regions.
    """

    kind: Detector
    assembly: Assembly
    classes: int
    per_region: frozenset[str] = frozenset()

    @property
    def regions(self) -> int:
        """The number of regions of an image that figures count; 1 where it has none."""
        return self.kind.regions or 1


@immutable
class Graph:
    """An elaborated network.

    Attributes:
        nodes: Layer calls by key, in execution order.
        order: Node keys in the order in which torch registers their modules (that of the state_dict).
        outputs: Values by output name; those of side branches are in `side_outputs`.
        detection: What makes a detector of it; None for other networks.
        scans: The loops over axes, by the key of the call that takes their steps.
    """

    name: str
    doc: str
    inputs: Mapping[str, Input]
    nodes: Mapping[str, Node] = field(repr=False)  # keeps the repr of objects that hold a graph readable
    order: tuple[str, ...] = field(repr=False)
    outputs: Mapping[str, Value]
    side_outputs: Mapping[str, Value]
    root: Scope = field(repr=False)
    detection: Detection | None = None
    scans: Mapping[str, Scan] = field(default_factory=dict, repr=False)

    def is_regional(self, key: str) -> bool:
        """Whether a node belongs to a detector's heads that run once for each region."""
        return self.detection is not None and key in self.detection.per_region

    def times(self, key: str) -> int:
        """How often a node runs for one example: in a scan at each step, in a detector's heads for each region."""
        regions = self.detection.regions if self.detection is not None and self.is_regional(key) else 1
        steps = [self.nodes[each].input_shapes[0][self.scans[each].axis] for each in self.nodes[key].scans]
        return regions * product(steps)

    def __repr__(self) -> str:
        return f"<Graph {self.name}, {len(self.nodes):,} layers>"

    @cached_property
    def flow(self) -> nx.DiGraph:
        """The data flow. Nodes are keys (network inputs by their names); an edge holds its `ports`.

        A port is a pair: output index of the producer, input position of the consumer.
        """
        import networkx as nx  # takes a fifth of a summary's whole time, and a summary does not need it

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
    def takers(self) -> dict[tuple[str, int], list[str]]:
        """For each tensor, by its key and index, the keys of the calls that take it; empty text is an output."""
        found: dict[tuple[str, int], list[str]] = {}
        for key, node in self.nodes.items():
            for value in node.inputs:
                found.setdefault((value.key, value.index), []).append(key)
        for value in (*self.outputs.values(), *self.side_outputs.values()):
            found.setdefault((value.key, value.index), []).append("")
        return found

    def leaving(self, nodes: Sequence[Node]) -> list[Value]:
        """What some calls, in execution order, give to others or out of the network; if nothing, what the last does."""
        own = {node.key for node in nodes}
        found = [
            value
            for node in nodes
            for value in node.outputs
            if any(taker not in own for taker in self.takers.get((value.key, value.index), ()))
        ]
        return found or list(nodes[-1].outputs)

    @cached_property
    def state_dict(self) -> dict[str, Weight]:
        """Every tensor of the module's state_dict by its key, in torch's order."""
        return self.state_dict_of({key: node.weights for key, node in self.nodes.items()})

    def state_dict_of(self, weights: Mapping[str, Mapping[str, Weight]]) -> dict[str, Weight]:
        """The state_dict with these weights by node key, for example for another size of the inputs."""
        return {
            state_key(node.path, name): weight
            for node in (self.nodes[key] for key in self.order)
            if not node.reuses
            for name, weight in weights[node.key].items()
        }

    @cached_property
    def owners(self) -> dict[str, str]:
        """The state_dict key whose tensor each tied key shares, at the end of its ties.

        Cyclic ties and ties to nothing, which a broken spec may have, are left out.
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

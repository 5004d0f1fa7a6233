"""The base class of lints, their findings, and the network with the facts that they need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from netspec.analysis import Analysis
from netspec.diagnostics import Span
from netspec.diagnostics.codes import LintCode
from netspec.graph import Graph, Node, Value, state_key
from netspec.layers.base import Layer
from netspec.layers.traits import ANYTHING, Bounds
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.frontend.document import Document
    from netspec.recipe.losses import Loss
    from netspec.recipe.recipe import Recipe


@immutable
class Finding:
    """A place where a network does something that is seldom meant.

    Attributes:
        node: The layer call at fault, whose entry is underlined; None where there is none, and `span` is the place.
        message: The oddity, a sentence without a full stop.
        found: The text or value there.
        expected: A text or value without the finding.
        help: The fix, with its numbers.
    """

    node: Node | None
    message: str
    found: str
    expected: str
    help: str
    span: Span | None = None

    @property
    def place(self) -> Span | None:
        """The underlined place."""
        return self.node.span if self.node else self.span


class Lint(ABC):
    """Base of all lints. The docstring of each is its reason, which its page in ``docs/lints`` prints.

    Class attributes:
        code: Its code, from NS2001, and its finding in a few words. A code never gets a second meaning.
        name: The name that `--ignore` takes.
        bad: A spec, from its input on, with a finding.
        mend: A text in `bad`, and the text in its place where there is no fault.
    """

    code: ClassVar[LintCode]
    name: ClassVar[str]
    bad: ClassVar[str]
    mend: ClassVar[tuple[str, str]]

    @property
    def good(self) -> str:
        """The spec of `bad` without the fault."""
        return self.bad.replace(*self.mend, 1)

    @abstractmethod
    def check(self, network: Network) -> Iterator[Finding]:
        """Findings in a network, in the order of its layers."""


@immutable
class Network:
    """An analysed network, its spec, and its recipe if there is one."""

    analysis: Analysis
    document: Document | None = None
    recipe: Recipe | None = None

    def loss_of(self, output: str) -> Loss | None:
        """The recipe's loss for an output, or a side output."""
        losses = self.recipe.for_outputs() if self.recipe else {}
        loss, _ = losses.get(output) or losses.get("") or (None, None)
        return loss

    @property
    def graph(self) -> Graph:
        """The elaborated graph."""
        return self.analysis.graph

    @cached_property
    def results(self) -> frozenset[tuple[str, int]]:
        """The network's results, by node key and index."""
        values = (*self.graph.outputs.values(), *self.graph.side_outputs.values())
        return frozenset((value.key, value.index) for value in values)

    @cached_property
    def _giving(self) -> frozenset[str]:
        """The keys of the layers whose results the network returns."""
        return frozenset(key for key, _ in self.results)

    @cached_property
    def readers(self) -> Mapping[str, tuple[Node, ...]]:
        """The layers that read a node or an input, by its key or name; a layer that reads it twice is listed twice."""
        found: dict[str, list[Node]] = {}
        for node in self.graph.nodes.values():
            for value in node.inputs:
                found.setdefault(value.key, []).append(node)
        return {key: tuple(nodes) for key, nodes in found.items()}

    @cached_property
    def bounds(self) -> Mapping[str, Bounds]:
        """Bounds of an entry's result after its activation, by node key."""
        found: dict[str, Bounds] = {}
        for key, node in self.graph.nodes.items():
            given = tuple(self._reaching(node, value, found) for value in node.inputs)
            inner = (0.0, 0.0) if _is_zero(node) else node.layer.bounds(node.input_shapes, given)
            outer = node.activation.bounds(node.output_shapes[:1], (inner,)) if node.activation else inner
            found[key] = outer
        return found

    @cached_property
    def _shared(self) -> frozenset[str]:
        owners = self.graph.owners
        return frozenset((*owners, *owners.values()))

    def is_shared(self, node: Node, weight: str) -> bool:
        """Whether a layer's weight is tied to another's, or another's to it."""
        return state_key(node.path, weight) in self._shared

    def flowing_in(self, node: Node) -> tuple[Bounds, ...]:
        """The bounds of each of a layer's inputs."""
        return tuple(self._reaching(node, value, self.bounds) for value in node.inputs)

    def _reaching(self, node: Node, value: Value, found: Mapping[str, Bounds]) -> Bounds:
        """The bounds of an input of a layer; in a scan, a carried state is the initial one in the first step alone."""
        carried = any(value == before for key in node.scans for before, _ in self.graph.scans[key].carried)
        return ANYTHING if carried else found.get(value.key, ANYTHING)

    def only_reader(self, node: Node) -> Node | None:
        """The only layer that reads a layer; None where there are several, or the network returns the result."""
        readers = self.readers.get(node.key, ())
        return readers[0] if len(readers) == 1 and not self.gives(node) else None

    def gives(self, node: Node) -> bool:
        """Whether the network returns a result of the layer."""
        return node.key in self._giving

    @cached_property
    def _calls(self) -> Mapping[str, tuple[Node, ...]]:
        found: dict[str, list[Node]] = {}
        for node in self.graph.nodes.values():
            found.setdefault(node.path, []).append(node)
        return {path: tuple(nodes) for path, nodes in found.items()}

    def calls(self, node: Node) -> tuple[Node, ...]:
        """All calls of the module of a layer."""
        return self._calls[node.path]

    def before(self, value: Value) -> Node | None:
        """The layer that computes a tensor; None for the network's input."""
        return self.graph.nodes.get(value.key)

    def computed_by(self, value: Value) -> Node | None:
        """The layer that computes a tensor, found through layers that only rearrange it or act in training alone."""
        node = self.before(value)
        while node is not None and len(node.inputs) == 1 and (last(node).rearranges or last(node).acts_in_training):
            node = self.before(node.inputs[0])
        return node


def last(node: Node) -> Layer:
    """The last operation of an entry: its activation, or else its layer."""
    return node.activation or node.layer


def _is_zero(node: Node) -> bool:
    """Whether it is a tensor of its own, without an input, that starts at zero and is not trained."""
    zeros = all(each.function == "zeros" for each in node.initialisers.values())
    return not node.inputs and set(node.weights) == {""} and bool(node.frozen) and zeros

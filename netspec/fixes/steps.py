"""The steps of a search: states of a text, their errors before and after edits, and choices among the steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.facts import Unknown
from netspec.fixes.base import Proposal
from netspec.fixes.text import Edits, Text
from netspec.frontend import source
from netspec.frontend.inherit import as_section
from netspec.graph import Graph, Node
from netspec.objects.immutable import immutable

_NETWORK = frozenset({"netspec", "layers", "sequence", "blocks", "let", "input", "inputs", "outputs", "doc"})
"""The keys that the graph includes, or that are for readers."""


@immutable
class State:
    """A file's text and its errors; `section` is the key whose value the text is, if any."""

    name: str
    text: str
    errors: tuple[Diagnostic, ...]
    graph: Graph | None
    section: str | None

    def says(self) -> tuple[Any, ...]:
        """The text's meaning: its network where it has one, without places, and its other keys as written."""
        data = self.readable.source.data
        if self.graph is None or not isinstance(data, dict):
            return (data,)
        return _network(self.graph), {key: value for key, value in data.items() if key not in _NETWORK}

    @cached_property
    def readable(self) -> Text:
        """The read text, or one without values where YAML cannot read it."""
        try:
            read = source.parse(self.text, self.name)
            return Text(read if self.section is None else as_section(read, self.section))
        except NetspecError:
            return Text(source.Source(self.name, self.text, {}, {}, {}))

    def moved(self, error: Diagnostic, edits: Edits) -> _Fault:
        """The identity of one of the state's errors after edits."""
        return *error.fault, self.line_after(error, edits)

    def line_after(self, error: Diagnostic, edits: Edits) -> int:
        """The line on which an error's place stands after edits."""
        if error.span is None:
            return 0
        text = self.readable
        start, _ = text.range(error.span)
        before = (each for each in edits if each.start < start)
        return error.span.line + sum(
            each.text.count("\n") - text.text.count("\n", each.start, each.end) for each in before
        )

    def new_errors(self, after: State, edits: Edits) -> list[Diagnostic]:
        """The errors after edits that are not among this state's."""
        old = {self.moved(error, edits) for error in self.errors}
        return [error for error in after.errors if _fault(error) not in old]

    def is_left(self, error: Diagnostic, after: State, edits: Edits) -> bool:
        """Whether an error is still there after edits, or a new one is in its place."""
        if self.moved(error, edits) in map(_fault, after.errors):
            return True
        return any(self._stays(error, new, edits) for new in self.new_errors(after, edits))

    def _stays(self, error: Diagnostic, new: Diagnostic, edits: Edits) -> bool:
        """Whether another error took the place of one: then the error was moved, not mended.

        This holds for errors in a network's meaning: after a name or form is mended, in the spec or its recipe, more
        may still be wrong. An option that is unknown in its new place, too, was moved to the wrong place.
        """
        if error.code in (Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY):
            one, other = error.fact, new.fact
            return isinstance(one, Unknown) and isinstance(other, Unknown) and one.name == other.name
        if error.code is Code.BAD_RECIPE:
            return False
        return error.code.number >= "NS03" and new.span is not None and new.span.line == self.line_after(error, edits)


_Fault = tuple[str, str, int]
"""The identity of an error: its code, message and line."""


def _fault(error: Diagnostic) -> _Fault:
    return *error.fault, error.span.line if error.span else 0


def _network(graph: Graph) -> Hashable:
    """A network without the places of its source."""
    nodes = tuple(_node(node) for node in graph.nodes.values())
    inputs = tuple((name, each.shape, each.dtype, each.dynamic) for name, each in graph.inputs.items())
    outputs = tuple(graph.outputs.items()), tuple(graph.side_outputs.items())
    return graph.name, nodes, graph.order, inputs, outputs


def _node(node: Node) -> Hashable:
    initial = tuple((name, each.function, repr(each.arguments)) for name, each in node.initialisers.items())
    told = node.frozen, node.reuses, node.training_only, initial, tuple(node.ties.items())
    return node.key, node.path, repr(node.layer), repr(node.activation), node.inputs, node.outputs, told


@immutable
class FixStep:
    """A proposal made at a state, the state after it, its new errors, and how many valid layers it changes."""

    proposal: Proposal
    after: State
    new_errors: int
    changed: int

    @property
    def cost(self) -> tuple[int, ...]:
        """The cost by which steps are ranked: errors left, the proposal's rank, certainty, changed layers."""
        return len(self.after.errors), self.proposal.rank, not self.proposal.certain, self.changed


Chain = list[list[FixStep]]
"""Errors mended one after the other: the possible steps for each, the chosen one first."""

Choice = Callable[[list[FixStep]], list[FixStep]]
"""The allowed steps among those that mend an error."""


def cost(way: Sequence[FixStep]) -> tuple[int, ...]:
    """The cost of a whole way: its steps, its guesses, their ranks, and the changed layers."""
    guesses = sum(not step.proposal.certain for step in way)
    return len(way), guesses, sum(step.proposal.rank for step in way), sum(step.changed for step in way)


def does_more(way: Sequence[FixStep], ways: Iterable[Sequence[FixStep]]) -> bool:
    """Whether a way does all that another does, and takes needless steps besides."""
    titles = Counter(step.proposal.title for step in way)
    return any(Counter(step.proposal.title for step in other) < titles for other in ways)


def harmless(steps: list[FixStep]) -> list[FixStep]:
    """The steps that add no error."""
    return [step for step in steps if not step.new_errors]


def certain(refused: Collection[Proposal], steps: list[FixStep]) -> list[FixStep]:
    """The steps that are certain, each by itself."""
    return [step for step in steps if step.proposal.certain and step.proposal not in refused]


def certain_and_harmless(refused: Collection[Proposal], steps: list[FixStep]) -> list[FixStep]:
    """The steps that are certain and add no error."""
    return harmless(certain(refused, steps))


def is_proven(proposal: Proposal, state: State) -> bool:
    """Whether the condition on every layer of an entry holds in the end."""
    if proposal.proof is None:
        return True
    place = state.readable.source.values.get(proposal.proof.entry)
    nodes = [node for node in state.graph.nodes.values() if node.span] if state.graph and place else []
    own = [n for n in nodes if n.span and (n.span.line, n.span.column, n.span.end_line, n.span.end_column) == place]
    return bool(own) and all(map(proposal.proof.holds, own))


def first(chain: Chain) -> list[FixStep]:
    """The chosen step for each error."""
    return [steps[0] for steps in chain]

"""The steps of a search: states of a text, proposals made of them, and choices among the steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

from netspec.diagnostics import Diagnostic, NetspecError
from netspec.fixes.base import Proposal
from netspec.fixes.same import says
from netspec.fixes.text import Text
from netspec.frontend import source
from netspec.frontend.inherit import as_section
from netspec.graph import Graph
from netspec.objects.immutable import immutable


@immutable
class State:
    """A file's text and its errors; `section` is the key whose value the text is, if any."""

    name: str
    text: str
    errors: tuple[Diagnostic, ...]
    graph: Graph | None
    section: str | None

    def says(self) -> tuple[Any, ...]:
        """The text's meaning, as `netspec.fixes.same` compares it."""
        return says(self.readable, self.graph)

    @cached_property
    def readable(self) -> Text:
        """The read text, or one without values where YAML cannot read it."""
        try:
            read = source.parse(self.text, self.name)
            return Text(read if self.section is None else as_section(read, self.section))
        except NetspecError:
            return Text(source.Source(self.name, self.text, {}, {}, {}))


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


Chain = list[tuple[State, list[FixStep]]]
"""Errors mended one after the other: each state with the possible steps, the chosen one first."""

Choice = Callable[[list[FixStep]], list[FixStep]]
"""The allowed steps among those that mend an error."""


def cost(way: Sequence[FixStep]) -> tuple[int, ...]:
    """The cost of a whole way: its steps, its guesses, their ranks, and the changed layers."""
    guesses = sum(not step.proposal.certain for step in way)
    return len(way), guesses, sum(step.proposal.rank for step in way), sum(step.changed for step in way)


def does_more(way: Sequence[FixStep], ways: Iterable[tuple[tuple[int, ...], Sequence[FixStep]]]) -> bool:
    """Whether a way does all that another does, and takes needless steps besides."""
    titles = Counter(step.proposal.title for step in way)
    return any(Counter(step.proposal.title for step in other) < titles for _, other in ways)


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
    """The chosen step at each state."""
    return [steps[0] for _, steps in chain]

"""The steps of a search: a text as it stands, a proposal made of it, and which of several may be taken."""

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
    """A file's text as it stands, and what is wrong with it; `section` is the key that it is the value of, if any."""

    name: str
    text: str
    errors: tuple[Diagnostic, ...]
    graph: Graph | None
    section: str | None

    def says(self) -> tuple[Any, ...]:
        """What the text says."""
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
    """A proposal that was made at a state, where it leads, and how far it changes what was right."""

    proposal: Proposal
    after: State
    new_errors: int
    changed: int

    @property
    def cost(self) -> tuple[int, ...]:
        """What is compared: errors that are left, the proposal's rank, certainty, layers that come out otherwise."""
        return len(self.after.errors), self.proposal.rank, not self.proposal.certain, self.changed


Chain = list[tuple[State, list[FixStep]]]
"""Errors mended one after the other: each state with the steps that could be made, the one that was taken first."""

Choice = Callable[[list[FixStep]], list[FixStep]]
"""Which of the steps that mend an error may be made."""


def cost(way: Sequence[FixStep]) -> tuple[int, ...]:
    """The cost of a whole way: its steps, how many are guesses, their ranks, layers that come out otherwise."""
    guesses = sum(not step.proposal.certain for step in way)
    return len(way), guesses, sum(step.proposal.rank for step in way), sum(step.changed for step in way)


def does_more(way: Sequence[FixStep], ways: Iterable[tuple[tuple[int, ...], Sequence[FixStep]]]) -> bool:
    """Whether a way does what another does, and more that is then not needed."""
    titles = Counter(step.proposal.title for step in way)
    return any(Counter(step.proposal.title for step in other) < titles for _, other in ways)


def harmless(steps: list[FixStep]) -> list[FixStep]:
    """The steps that bring no error up."""
    return [step for step in steps if not step.new_errors]


def certain(refused: Collection[Proposal], steps: list[FixStep]) -> list[FixStep]:
    """The steps that are certain, each for itself."""
    return [step for step in steps if step.proposal.certain and step.proposal not in refused]


def certain_and_harmless(refused: Collection[Proposal], steps: list[FixStep]) -> list[FixStep]:
    """The steps that are certain and bring no error up."""
    return harmless(certain(refused, steps))


def is_proven(proposal: Proposal, state: State) -> bool:
    """Whether what must hold of every layer of an entry does, in the end."""
    if proposal.proof is None:
        return True
    place = state.readable.source.values.get(proposal.proof.entry)
    nodes = [node for node in state.graph.nodes.values() if node.span] if state.graph and place else []
    own = [n for n in nodes if n.span and (n.span.line, n.span.column, n.span.end_line, n.span.end_column) == place]
    return bool(own) and all(map(proposal.proof.holds, own))


def first(chain: Chain) -> list[FixStep]:
    """The step that was taken at each state."""
    return [steps[0] for _, steps in chain]

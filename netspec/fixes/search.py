"""Tries what the mistakes propose on the whole text, and ranks what makes it valid.

A spec may be wrong in several places, and one error may hide another: errors are mended one after the other, each
with the best proposal; then each other proposal takes its turn in place of the best. Where an error stays that no
proposal mends, the others are mended all the same, by proposals that bring no error up. The work is bounded by the
number of layers elaborated, so that the same spec gives the same answer on every machine, and by time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from netspec.diagnostics import Diagnostic, Fix, NetspecError
from netspec.fixes.base import Case, Proposal
from netspec.fixes.faults import is_left, new_errors
from netspec.fixes.mistakes import mistakes
from netspec.fixes.patch import patch
from netspec.fixes.text import Text, apply
from netspec.frontend import source
from netspec.frontend.inherit import as_section
from netspec.graph import Graph

Judge = Callable[[str], Graph]
"""Elaborates a text; raises a `NetspecError` where it is wrong."""

WORK = 12_000
"""Layers that all trials together may elaborate, each trial counting for 20 more."""

READ = 60
"""Characters of a text that cost as much to read as a layer does to elaborate."""

SECONDS = 0.7
"""After so long the search ends with what it has; it is met only where the work was misjudged."""

MOST_STEPS = 24
"""Errors of one file that are mended."""

FEW = 3
"""Of so many errors, each is tried before one is mended."""

MOST_OFFERED = 6
"""Fixes that are offered."""


@dataclass(frozen=True)
class State:
    """A file's text as it stands, and what is wrong with it; `section` is the key that it is the value of, if any."""

    name: str
    text: str
    errors: tuple[Diagnostic, ...]
    graph: Graph | None
    section: str | None

    @cached_property
    def readable(self) -> Text:
        """The read text, or one without values where YAML cannot read it."""
        try:
            read = source.parse(self.text, self.name)
            return Text(read if self.section is None else as_section(read, self.section))
        except NetspecError:
            return Text(source.Source(self.name, self.text, {}, {}, {}))


@dataclass(frozen=True)
class Step:
    """A proposal that was made at a state, where it leads, and how far it changes what was right."""

    proposal: Proposal
    after: State
    new_errors: int
    changed: int

    @property
    def cost(self) -> tuple[int, ...]:
        """What is compared: errors that are left, the proposal's rank, layers whose shapes change."""
        return len(self.after.errors), self.proposal.rank, self.changed


Chain = list[tuple[State, list[Step]]]
"""Errors mended one after the other: each state with the steps that could be made, the one that was taken first."""

Choice = Callable[[list[Step]], list[Step]]
"""Which of the steps that mend an error may be made."""


Limits = Callable[[str], int]
"""How many limits of its budget a valid text breaks."""


class Exhausted(Exception):
    """The work or the time is used up."""


class Search:
    """One search for fixes of one text.

    Args:
        name: The file's name, as diagnostics give it.
        judge: Elaborates a text.
        section: The key of the section that the text is; None for a whole spec.
        limits: Tells how many limits of its budget a valid text breaks: a fix that keeps them comes before others.
        clock: Seconds of work, from any zero.
    """

    def __init__(
        self,
        name: str,
        judge: Judge,
        section: str | None = None,
        limits: Limits = lambda _: 0,
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        self.name = name
        self.judge = judge
        self.section = section
        self.limits = limits
        self.clock = clock
        self.until = clock() + SECONDS
        self.work = 0
        self.known: dict[str, State] = {}
        self.cut_short = False

    def state(self, text: str) -> State:
        """What is wrong with a text.

        Raises:
            Exhausted: There was too much to do before it.
        """
        if text in self.known:
            return self.known[text]
        if self.work > WORK or self.clock() > self.until:
            raise Exhausted
        try:
            graph, errors = self.judge(text), []
        except NetspecError as error:
            graph, errors = error.partial, error.diagnostics
        self.work += 20 + (len(graph.nodes) if graph else 0) + len(text) // READ
        self.known[text] = State(self.name, text, tuple(errors), graph, self.section)
        return self.known[text]

    def steps(self, state: State, error: Diagnostic) -> list[Step]:
        """What mends one error, the best first."""
        if error.span is None or error.span.file != self.name:
            return []
        text = state.readable
        case = Case(error, text, state.graph)
        found: list[Step] = []
        seen: set[str] = set()
        for mistake in mistakes(error.code):
            for proposal in mistake.propose(case):
                try:
                    changed = apply(state.text, proposal.edits)
                    after = self.state(changed)
                except ValueError:
                    continue
                except Exhausted:
                    self.cut_short = True  # what was not tried may be better
                    return sorted(found, key=lambda step: step.cost)
                if changed in seen or changed == state.text:
                    continue
                seen.add(changed)
                new = new_errors(state.errors, after.errors, proposal.edits, text)
                if is_left(error, after.errors, new, proposal.edits, text):
                    continue
                found.append(Step(proposal, after, len(new), _changed(state.graph, after.graph)))
        return sorted(found, key=lambda step: step.cost)

    def mend(self, state: State, choice: Choice = list) -> tuple[Chain, State]:
        """Mends one error after the other; gives what was done, and the state in which nothing is left to do.

        Raises:
            Exhausted: There was too much to do.
        """
        chain: Chain = []
        while len(chain) < MOST_STEPS:
            found = filter(None, (choice(self.steps(state, error)) for error in state.errors))
            # Of a few errors, the one first whose best step mends most: one slip may be told as two errors.
            few = list(islice(found, 1 if len(state.errors) > FEW else None))
            if not few:
                break
            steps = min(few, key=lambda steps: len(steps[0].after.errors))
            chain.append((state, steps))
            state = steps[0].after
        return chain, state

    def fixes(self, text: str) -> list[Fix]:
        """Every fix of a text that could be found, the best first: those that make it valid, or else what mends a part.

        There is none where the text is valid, or nothing in it can be mended.
        """
        try:
            chain, last = self.mend(self.state(text))
        except Exhausted:
            return self.parts(text)
        if last.errors:
            return self.parts(text)
        best = [steps[0] for _, steps in chain]
        found = [(_cost(best), best)] if best else []
        for at, (_, steps) in enumerate(chain):
            for other in steps[1:]:
                try:
                    rest, last = self.mend(other.after)
                except Exhausted:
                    break
                if not last.errors:
                    way = [*best[:at], other, *(following[0] for _, following in rest)]
                    found.append((_cost(way), way))
        found.sort(key=lambda each: each[0])
        ways: dict[str, tuple[tuple[int, ...], list[Step]]] = {}
        for cost, way in found:
            ways.setdefault(way[-1].after.text, (cost, way))
        shortest = [(after, *each) for after, each in ways.items() if not _does_more(each[1], ways.values())]
        offered = [(self.limits(after), cost, way) for after, cost, way in shortest[:MOST_OFFERED]]
        offered.sort(key=lambda each: each[:2])
        alone = [each[:2] for each in offered[:1]] != [each[:2] for each in offered[1:2]] and not self.cut_short
        return [
            replace(
                self.fix(text, way, broken),
                sure=index == 0 and alone and not broken and not any(step.proposal.bold for step in way),
            )
            for index, (broken, _, way) in enumerate(offered)
        ]

    def parts(self, text: str) -> list[Fix]:
        """What mends a part of the errors and brings none up: what is sure, then all that can be done."""
        found: dict[str, Fix] = {}
        for choice in (_sure, _harmless):
            try:
                chain, last = self.mend(self.state(text), choice)
            except Exhausted:
                continue
            if chain:
                fix = self.fix(text, [steps[0] for _, steps in chain], len(last.errors))
                found.setdefault(last.text, replace(fix, sure=choice is _sure and not self.cut_short))
        return list(found.values())

    def fix(self, text: str, way: Sequence[Step], left: int = 0) -> Fix:
        """Steps as one patch."""
        edits = way[0].proposal.edits if len(way) == 1 else None
        return patch(self.name, text, way[-1].after.text, (step.proposal.title for step in way), edits, left)


def propose(
    errors: Sequence[Diagnostic],
    text: str,
    name: str,
    judge: Judge,
    section: str | None = None,
    limits: Limits = lambda _: 0,
) -> list[Diagnostic]:
    """The errors of a file, the last of them with the fixes that mend the file, wholly or else in part.

    Args:
        errors: What is wrong.
        text: The file's text as it stands.
        name: The file's name, as the errors give it.
        judge: Elaborates a text as the file's.
        section: The key of the section that the file is; None for a whole spec.
        limits: Tells how many limits of its budget a valid text breaks.
    """
    own = [at for at, error in enumerate(errors) if error.span is not None and error.span.file == name]
    fixes = Search(name, judge, section, limits).fixes(text) if own else []
    return [replace(error, fixes=tuple(fixes)) if own and at == own[-1] else error for at, error in enumerate(errors)]


def _cost(way: Sequence[Step]) -> tuple[int, ...]:
    """The cost of a whole way: its steps, their ranks, layers whose shapes change."""
    return len(way), sum(step.proposal.rank for step in way), sum(step.changed for step in way)


def _does_more(way: Sequence[Step], ways: Iterable[tuple[tuple[int, ...], Sequence[Step]]]) -> bool:
    """Whether a way does what another does, and more that is then not needed."""
    titles = Counter(step.proposal.title for step in way)
    return any(Counter(step.proposal.title for step in other) < titles for _, other in ways)


def _harmless(steps: list[Step]) -> list[Step]:
    """The steps that bring no error up."""
    return [step for step in steps if not step.new_errors]


def _sure(steps: list[Step]) -> list[Step]:
    """The one step that is better than the others, harmless, and takes nothing away that may have been wanted."""
    best = [step for step in steps if step.cost == steps[0].cost]
    return best if len(best) == 1 and not best[0].new_errors and not best[0].proposal.bold else []


def _changed(before: Graph | None, after: Graph | None) -> int:
    """How many layers, right until now, come out otherwise."""
    if before is None or after is None:
        return 0
    return sum(
        key not in after.nodes or after.nodes[key].output_shapes != node.output_shapes
        for key, node in before.nodes.items()
    )

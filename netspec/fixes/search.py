"""The search for fixes: it tries the proposals of mistakes on the whole text, and ranks those that make it valid.

A spec may have several errors, and one error may hide another: errors are mended one after the other, each
with the best proposal; then each other proposal takes its turn in place of the best. Where no proposal mends an
error, the others are still mended, by proposals that add no error. The work is bounded by the number of layers
elaborated, so that the same spec gives the same answer on every machine, and by time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from netspec.diagnostics import Diagnostic, Fix, NetspecError
from netspec.fixes import steps as choices
from netspec.fixes.base import Case, Proposal, mistakes
from netspec.fixes.outcome import changed, outcome
from netspec.fixes.patch import patch
from netspec.fixes.steps import Chain, Choice, FixStep, State, cost, does_more, first, is_proven
from netspec.fixes.text import apply
from netspec.frontend.counting import Exhausted
from netspec.graph import Graph

Judge = Callable[[str], Graph]
"""Elaborates a text; raises a `NetspecError` where the text is wrong, `Exhausted` where that is too much work."""

WORK = 12_000
"""Layers that all trials together may elaborate, each trial counting for 20 more."""

LONGEST, MOST_ERRORS = 60_000, 200
"""Characters and errors of a text for which fixes are sought."""

READ = 60
"""Characters of a text that cost as much to read as a layer does to elaborate."""

SECONDS = 0.7
"""Seconds after which the search ends with its results so far; reached only where the work was misjudged."""

MOST_STEPS = 24
"""Errors of one file that are mended."""

FEW = 3
"""The most errors of a text for which each error is tried before one is mended."""

MOST_OFFERED = 6
"""Fixes that are offered."""


Limits = Callable[[str], int]
"""The number of limits of its budget that a valid text breaks."""


class Search:
    """One search for fixes of one text.

    Args:
        name: The file's name, as diagnostics give it.
        judge: Elaborates a text.
        section: The key of the section that the text is; None for a whole spec.
        limits: Counts the limits of its budget that a valid text breaks: a fix that keeps them comes before others.
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
        """The state of a text: its graph and its errors.

        Raises:
            Exhausted: The work or time was used up before.
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

    def steps(self, state: State, error: Diagnostic) -> list[FixStep]:
        """Steps that mend one error, the best first."""
        if error.span is None or error.span.file != self.name:
            return []
        case = Case(error, state.readable, state.graph)
        found: dict[str, FixStep] = {}
        for proposal in (each for mistake in mistakes(error.code) for each in mistake(case)):
            try:
                after = self.state(apply(state.text, proposal.edits))
            except ValueError:
                continue
            except Exhausted:
                self.cut_short = True  # a proposal that was not tried may be better
                break
            if after.text == state.text or state.is_left(error, after, proposal.edits):
                continue
            new = state.new_errors(after, proposal.edits)
            step = FixStep(proposal, after, len(new), len(changed(state.graph, after.graph)))
            known = found.get(after.text, step)  # of two ways to one text, the likelier
            found[after.text] = min(known, step, key=lambda step: step.cost)
        return sorted(found.values(), key=lambda step: step.cost)

    def mend(self, state: State, choice: Choice = list) -> tuple[Chain, State]:
        """Mends one error after the other; returns the steps, and the state in which no more can be mended.

        Raises:
            Exhausted: There was too much to do.
        """
        chain: Chain = []
        while len(chain) < MOST_STEPS:
            found = filter(None, (choice(self.steps(state, error)) for error in state.errors))
            # Of a few errors, first the one whose best step mends the most: one slip may cause two errors.
            few = list(islice(found, 1 if len(state.errors) > FEW else None))
            if not few:
                break
            steps = min(few, key=lambda steps: len(steps[0].after.errors))
            chain.append(steps)
            state = steps[0].after
        return chain, state

    def fixes(self, text: str) -> list[Fix]:
        """All fixes found for a text, the best first: those that make it valid, or else those that mend a part.

        There is none where the text is valid, or none of its errors can be mended.
        """
        try:
            chain, last = self.mend(self.state(text))
        except Exhausted:
            return self.parts(text)
        if last.errors:
            return self.parts(text)
        best = first(chain)
        found = [best] if best else []
        for at, steps in enumerate(chain):
            for other in steps[1:]:
                try:
                    rest, last = self.mend(other.after)
                except Exhausted:
                    break
                if not last.errors:
                    found.append([*best[:at], other, *first(rest)])
        ways: dict[str, list[FixStep]] = {}
        for way in sorted(found, key=cost):
            ways.setdefault(way[-1].after.text, way)
        shortest = [way for way in ways.values() if not does_more(way, ways.values())][:MOST_OFFERED]
        offered = [(self.limits(way[-1].after.text), way) for way in shortest]  # the cheapest first
        offered.sort(key=lambda each: each[0])
        return self.with_certain(text, [self.fix(text, way, broken) for broken, way in offered])

    def parts(self, text: str) -> list[Fix]:
        """Fixes that mend a part of the errors and add none: the certain ones, then all possible ones."""
        try:
            chain, last = self.mend(self.state(text), choices.harmless)
        except Exhausted:
            chain = []
        return self.with_certain(text, [self.fix(text, first(chain), len(last.errors))] if chain else [])

    def with_certain(self, text: str, proposed: list[Fix]) -> list[Fix]:
        """The fixes, after one that contains no guess; that one is among them, or mends a part."""
        certain = None if self.cut_short else self.certain(text)
        if certain is None:
            return proposed
        others = [fix for fix in proposed if fix.text != certain.text]
        same = next((fix for fix in proposed if fix.text == certain.text), certain)
        return [replace(same, sure=True), *others]

    def certain(self, text: str) -> Fix | None:
        """The fix of all errors that can be mended with certainty without new errors; None where there are none."""
        start = self.state(text)
        for choice in (choices.certain, choices.certain_and_harmless):
            refused: set[Proposal] = set()
            while True:
                chosen = partial(choice, refused)
                try:
                    chain, last = self.mend(start, chosen)
                    doubtful = self.doubtful(chain, last, chosen)
                except Exhausted:
                    return None
                way = first(chain)
                if not doubtful:
                    break
                refused |= doubtful
            made = patch(self.name, text, last.text, ()).edits
            fewer = len(last.errors) < len(start.errors)
            if fewer and not start.new_errors(last, made):
                return self.fix(text, way, len(last.errors))
        return None

    def doubtful(self, chain: Chain, last: State, choice: Choice) -> set[Proposal]:
        """Proposals that are not certain after all: unproven, or an equally good one leads to something else.

        Raises:
            Exhausted: There was too much to do.
        """
        found = {step.proposal for step in first(chain) if not is_proven(step.proposal, last)}
        for steps in chain:
            for rival in steps[1:]:
                _, end = self.mend(rival.after, choice)
                if len(end.errors) <= len(last.errors) and end.says() != last.says():
                    found |= {step.proposal for step in steps}
                    break
        return found

    def fix(self, text: str, way: Sequence[FixStep], left: int = 0) -> Fix:
        """The steps as one patch, with their effect on the network."""
        last = way[-1].after
        edits = way[0].proposal.edits if len(way) == 1 else None
        made = patch(self.name, text, last.text, (step.proposal.title for step in way), edits, left)
        certain = all(step.proposal.certain for step in way)
        told = outcome(self.state(text).graph, last.graph, valid=not (certain or last.errors))
        return replace(made, outcome=told)


def propose(
    errors: Sequence[Diagnostic],
    text: str,
    name: str,
    judge: Judge,
    section: str | None = None,
    limits: Limits = lambda _: 0,
    graph: Graph | None = None,
) -> list[Diagnostic]:
    """The errors of a file, the last of them with the fixes that mend the file, wholly or else in part.

    Args:
        errors: The errors found.
        text: The file's text as it stands.
        name: The file's name, as the errors give it.
        judge: Elaborates a text as the file's.
        section: The key of the section that the file is; None for a whole spec.
        limits: Counts the limits of its budget that a valid text breaks.
        graph: The graph as far as it could be made.
    """
    own = [at for at, error in enumerate(errors) if error.span is not None and error.span.file == name]
    found = list(errors)
    if own and len(text) <= LONGEST and len(own) <= MOST_ERRORS:
        search = Search(name, judge, section, limits)
        search.known[text] = State(name, text, tuple(errors), graph, section)
        found[own[-1]] = replace(found[own[-1]], fixes=tuple(search.fixes(text)))
    return found

"""Branches side by side that are alike, so that one of them can stand for all where there are many."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Graph, Scope
from netspec.picture.folding import Folding, Tensor, alike, same_structure

MOST_BESIDE = 4
"""The most alike branches that are drawn one by one."""


class Branches:
    """The branches of a network's `parallel` structures.

    Branches that follow each other are alike if their layers have the same options, shapes and wiring, all take the
    same tensors, and each gives one tensor, in the same place, to what joins the structure's branches and to nobody
    else: so that one of them with its number says everything.
    """

    def __init__(self, graph: Graph, folding: Folding) -> None:
        self._folding, self._nodes = folding, folding.nodes
        last = len(self._nodes)  # stands for whoever takes an output, or a state of a scan
        ends = (*graph.outputs.values(), *graph.side_outputs.values())
        states = [after for scan in graph.scans.values() for _, after in scan.carried]
        self._takers: dict[Tensor, set[int]] = {}
        for number, values in (*((n, node.inputs) for n, node in enumerate(self._nodes)), (last, (*ends, *states))):
            for value in values:
                self._takers.setdefault((folding.place(value.key), value.index), set()).add(number)
        joined = (part for scope in graph.root.walk() if scope.kind == "parallel" for part in scope.parts())
        self._joins = {folding.index[key] for part in joined if part.kind != "branch" for key in part.node_keys()}

    def are_rounds(self, scope: Scope) -> bool:
        """Whether a scope is a repeat in a list of branches: no round takes what another gives."""
        if scope.kind != "repeat" or len(scope.children) < 2:
            return False
        begins = self._folding.span(scope).start
        spans = [self._folding.span(part) for part in scope.parts()]
        return all(
            self._folding.place(value.key) < begins or self._folding.place(value.key) >= span.start
            for span in spans
            for number in span
            for value in self._nodes[number].inputs
        )

    def of(self, scope: Scope) -> list[Scope]:
        """The branches of a structure that hold layers; a listed repeat without a name has one for each round."""
        found: list[Scope] = []
        for part in scope.parts():
            if not self._folding.span(part) or part.kind not in ("branch", "round"):
                continue
            inner = part.parts()[0]
            fans = part.kind == "branch" and not inner.level and self.are_rounds(inner)
            found.extend(self.of(inner) if fans else (part,))
        return found

    def groups(self, scope: Scope) -> list[tuple[Scope, ...]]:
        """The branches in groups, in order; those of a group are alike, and the first can stand for all."""
        found: list[tuple[Scope, ...]] = []
        for run in self._runs(self.of(scope)):
            found.extend([run] if len(run) > MOST_BESIDE else [(each,) for each in run])
        return found

    def _runs(self, branches: list[Scope]) -> Iterator[tuple[Scope, ...]]:
        run: list[Scope] = []
        for branch in branches:
            if run and not self._goes_on(run, branch):
                yield tuple(run)
                run = []
            run.append(branch)
        if run:
            yield tuple(run)

    def _goes_on(self, run: list[Scope], branch: Scope) -> bool:
        one, before, this = (self._folding.span(each) for each in (run[0], run[-1], branch))
        if self._folding.one_shape or this.start != before.stop or len(this) != len(one):
            return False
        given = self._given(one)
        if len(given) != 1 or given != self._given(this) or not same_structure(run[0], branch):
            return False
        return all(taker in self._joins for *_, taker in given) and self._same_calls(one, this)

    def _given(self, span: range) -> set[tuple[int, int, int]]:
        """What others take of a branch: a node by its place there, which of its outputs, and who takes it."""
        return {
            (number - span.start, index, taker)
            for number in span
            for index in range(len(self._nodes[number].outputs))
            for taker in self._takers.get((number, index), ())
            if taker not in span
        }

    def _same_calls(self, one: range, this: range) -> bool:
        moved = this.start - one.start
        for number in one:
            node, other = self._nodes[number], self._nodes[number + moved]
            if not alike(node, other) or node.output_shapes != other.output_shapes:
                return False
            for value, its in zip(node.inputs, other.inputs, strict=True):
                source = self._folding.place(value.key)
                wanted = source + moved if source >= one.start else source
                if (wanted, value.index) != (self._folding.place(its.key), its.index):
                    return False
        return True

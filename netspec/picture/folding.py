"""Folding: parts of a network that follow each other and are alike, so that one of them can stand for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import zip_longest

from netspec.graph import Graph, Node, Scope, Value

Tensor = tuple[int, int]
"""A node, or an input of the network, by its place in the order of execution; and which of its outputs."""

Pattern = Mapping[tuple[int, int], tuple[str, int, int]]
"""For each input of a round that comes from outside (node and position): whether the round before gives it or a fixed
tensor, and its node and output."""


MOST_TOGETHER = 4
"""The most rounds that alternate."""


class Folding:
    """The alike parts of a network.

    Rounds are alike if their layers have the same options and are wired alike, whatever their shapes: the rounds of a
    DenseNet's block are, though each takes more channels than the one before. Each gives one tensor alone, which the
    next takes in the place of the one that the first takes, and nobody else takes: so that one of them with its number
    says everything. What else they take is `shared`: the same in all rounds. Rounds that alternate are alike in twos,
    threes or fours. With `one_shape`, alike rounds also give the same shapes.
    """

    def __init__(self, graph: Graph, *, one_shape: bool = False) -> None:
        self.one_shape = one_shape
        self.nodes = list(graph.nodes.values())
        self.index = {key: number for number, key in enumerate(graph.nodes)}
        self._inputs = {name: -1 - number for number, name in enumerate(graph.inputs)}
        self._last_use: dict[Tensor, int] = {}
        for number, node in enumerate(self.nodes):
            self._last_use.update({(self.place(value.key), value.index): number for value in node.inputs})
        for value in (*graph.outputs.values(), *graph.side_outputs.values()):
            self._last_use[self.place(value.key), value.index] = len(self.nodes)
        self._root = graph.root
        self._runs: dict[int, list[tuple[Scope | str, ...]]] = {}

    def place(self, key: str) -> int:
        """The number of a node in the order of execution; network inputs have negative ones."""
        return self.index[key] if key in self.index else self._inputs[key]

    def runs(self, scope: Scope) -> list[tuple[Scope | str, ...]]:
        """The children of a scope in groups; those of a group are alike, and the first can stand for all."""
        found = self._runs.get(id(scope))
        if found is None:
            found = self._runs[id(scope)] = self._grouped([each for each in scope.children if self.span(each)])
        return found

    def shared(self, run: Sequence[Scope | str]) -> list[Value]:
        """What all of some alike rounds take, beside what each takes of the one before."""
        spans = [self.span(part) for part in run[:2]]
        taken = [{(v.key, v.index): v for n in span for v in self.nodes[n].inputs} for span in spans]
        return [v for its, v in taken[0].items() if its in taken[1] and self.place(v.key) < spans[0].start]

    def span(self, part: Scope | str) -> range:
        """The numbers of its nodes; empty if it has none, or if others stand between them."""
        if isinstance(part, str):
            return range(self.index[part], self.index[part] + 1)
        numbers = [self.index[key] for key in part.node_keys()]
        return range(numbers[0], numbers[0] + len(numbers)) if numbers else range(0)

    def _grouped(self, parts: list[Scope | str]) -> list[tuple[Scope | str, ...]]:
        groups: list[tuple[Scope | str, ...]] = []
        start = 0
        while start < len(parts):
            period, group = 1, self._alike_from(parts, start, 1)
            while len(group) == 1 and period < MOST_TOGETHER and _are_rounds(parts[start : start + 2 * (period + 1)]):
                period += 1
                together = self._alike_from(parts, start, period)
                group = together if len(together) > 1 else group
            groups.append(group)
            start += period * len(group) if len(group) > 1 else 1
        return groups

    def _alike_from(self, parts: Sequence[Scope | str], start: int, period: int) -> tuple[Scope | str, ...]:
        """Alike parts that follow each other from a place, so many of a scope's parts together as one."""
        group = [_together(parts[start : start + period])]
        spans, pattern = [self.span(group[0])], None
        for at in range(start + period, len(parts) - period + 1, period):
            part = _together(parts[at : at + period])
            span = self.span(part)
            wired = self._wired(group[0], part, spans[0], spans[-1], span)
            if wired is None or (pattern is not None and wired != pattern):
                break
            pattern = wired
            group.append(part)
            spans.append(span)
        if pattern is not None and not self._gives_alone(spans[-1], *_carried(pattern), len(self.nodes) + 1):
            group.pop()  # the last gives more than the others, or something else
        return tuple(group)

    def _wired(self, first: Scope | str, part: Scope | str, one: range, before: range, this: range) -> Pattern | None:
        """How a part takes its inputs if it is like the first of its group and follows the one before; else None."""
        if isinstance(first, str) or isinstance(part, str) or first.kind == "layer" or first.kind == "branch":
            return None
        if len(one) != len(this) or this.start != before.stop or not same_structure(first, part):
            return None
        moved = this.start - one.start
        pattern: dict[tuple[int, int], tuple[str, int, int]] = {}
        origins: set[Tensor] = set()  # what the first takes in the place of what the one before gives
        for offset, number in enumerate(this):
            node, model = self.nodes[number], self.nodes[one.start + offset]
            if not alike(node, model) or (self.one_shape and node.output_shapes != model.output_shapes):
                return None
            for position, (value, its) in enumerate(zip(node.inputs, model.inputs, strict=True)):
                source, origin = self.place(value.key), self.place(its.key)
                if source >= this.start:
                    if origin != source - moved or value.index != its.index:
                        return None
                elif source >= before.start:
                    if origin >= one.start or source - before.start < offset:
                        return None
                    pattern[offset, position] = ("before", source - before.start, value.index)
                    origins.add((origin, its.index))
                elif (origin, its.index) != (source, value.index):
                    return None
                else:
                    pattern[offset, position] = ("fixed", source, value.index)
        given = {(place, index) for kind, place, index in pattern.values() if kind == "before"}
        if len(given) != 1 or len(origins) != 1 or not self._gives_alone(before, *given.pop(), this.stop):
            return None
        fixed = {(source, index) for kind, source, index in pattern.values() if kind == "fixed"}
        return pattern if not fixed or self._apart(origins.pop(), fixed, one.start) else None

    def _gives_alone(self, part: range, place: int, index: int, stop: int) -> bool:
        """Whether nobody else takes what a part gives: but for one tensor, which is taken before a number."""
        return all(
            self._last_use.get((number, each), 0)
            < (stop if (number - part.start, each) == (place, index) else part.stop)
            for number in part
            for each in range(len(self.nodes[number].outputs))
        )

    def _apart(self, origin: Tensor, fixed: Set[Tensor], start: int) -> bool:
        """Whether what the first round takes and what all rounds take never leave one box, however much is folded."""
        place, sources = origin[0], {source for source, _ in fixed}
        return place not in sources and not any(
            place in span and start not in span and any(each in span for each in sources)
            for span in (self.span(scope) for scope in self._root.walk() if scope.level)
        )


def _carried(pattern: Pattern) -> Tensor:
    """What a round takes of the one before: a node by its place there, and which of its outputs."""
    return next((place, index) for kind, place, index in pattern.values() if kind == "before")


def _together(parts: Sequence[Scope | str]) -> Scope | str:
    """Parts as one."""
    first = parts[0]
    if len(parts) == 1 or isinstance(first, str):
        return first
    return Scope("group", first.path.rpartition(".")[0], False, first.label, list(parts))


def _are_rounds(parts: Sequence[Scope | str]) -> bool:
    """Whether parts are rounds of a repeat, which may alternate: with and without a shift, say."""
    return all(not isinstance(part, str) and part.kind == "round" for part in parts)


def alike(one: Node, other: Node) -> bool:
    """Whether two calls do the same with their inputs, whatever their shapes.

    Of what acts in training alone, rates may differ: those of stochastic depth grow from block to block.
    """
    same = one.layer is other.layer or one.layer == other.layer
    return (
        (same or (type(one.layer) is type(other.layer) and one.layer.acts_in_training))
        and (one.activation is other.activation or one.activation == other.activation)
        and len(one.inputs) == len(other.inputs)
        and len(one.outputs) == len(other.outputs)
        and (one.reuses, one.frozen, one.training_only) == (other.reuses, other.frozen, other.training_only)
    )


def same_structure(one: Scope, other: Scope) -> bool:
    """Whether two scopes have the same blocks and structures inside, whatever their names."""
    for a, b in zip_longest(one.walk(), other.walk()):
        if a is None or b is None or (a.kind, a.level, len(a.children)) != (b.kind, b.level, len(b.children)):
            return False
        if a.kind in ("block", "sequence", "group") and a.label != b.label:
            return False
    return True

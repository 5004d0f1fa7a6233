"""Folding: parts of a network that follow each other and are alike, so that one of them can stand for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from netspec.graph import Graph, Node, Scope

Pattern = Mapping[tuple[int, int], tuple[str, int, int]]
"""For each input of a round that comes from outside (node and position): whether the round before gives it or a fixed
tensor, and its node and output."""


MOST_TOGETHER = 4
"""The most rounds that alternate."""


class Folding:
    """The alike parts of a network.

    Rounds are alike if their layers have the same options and are wired alike, whatever their shapes: the rounds of a
    DenseNet's block are, though each takes more channels than the one before. Each takes from the round before and
    from fixed tensors only, and none but the last gives to what comes after: so that one of them with its number says
    everything. Rounds that alternate are alike in twos, threes or fours. With `one_shape`, alike rounds also give the
    same shapes.
    """

    def __init__(self, graph: Graph, *, one_shape: bool = False) -> None:
        self._one_shape = one_shape
        self.nodes = list(graph.nodes.values())
        self.index = {key: number for number, key in enumerate(graph.nodes)}
        self._inputs = {name: -1 - number for number, name in enumerate(graph.inputs)}
        self._last_use = list(range(len(self.nodes)))
        for number, node in enumerate(self.nodes):
            for value in node.inputs:
                source = self.place(value.key)
                if source >= 0:
                    self._last_use[source] = number
        for value in (*graph.outputs.values(), *graph.side_outputs.values()):
            if value.key in self.index:
                self._last_use[self.index[value.key]] = len(self.nodes)
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
        return tuple(group)

    def _wired(self, first: Scope | str, part: Scope | str, one: range, before: range, this: range) -> Pattern | None:
        """How a part takes its inputs if it is like the first of its group and follows the one before; else None."""
        if isinstance(first, str) or isinstance(part, str) or first.kind == "layer" or first.kind == "branch":
            return None
        if len(one) != len(this) or this.start != before.stop or not _same_structure(first, part):
            return None
        moved = this.start - one.start
        pattern: dict[tuple[int, int], tuple[str, int, int]] = {}
        for offset, number in enumerate(this):
            node, model = self.nodes[number], self.nodes[one.start + offset]
            if not _alike(node, model) or (self._one_shape and node.output_shapes != model.output_shapes):
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
                elif (origin, its.index) != (source, value.index):
                    return None
                else:
                    pattern[offset, position] = ("fixed", source, value.index)
        beside = not any(origin == "before" for origin, *_ in pattern.values())
        return pattern if self._ends_in(before, this, beside=beside) else None

    def _ends_in(self, before: range, this: range, *, beside: bool) -> bool:
        """Whether nothing but the next part uses a part; or, of parts side by side, whether the same uses both."""
        last = self._last_use
        return all(last[n] < this.stop or (beside and last[n] == last[n + len(this)]) for n in before)


def _together(parts: Sequence[Scope | str]) -> Scope | str:
    """Parts as one."""
    first = parts[0]
    if len(parts) == 1 or isinstance(first, str):
        return first
    return Scope("group", first.path.rpartition(".")[0], False, first.label, list(parts))


def _are_rounds(parts: Sequence[Scope | str]) -> bool:
    """Whether parts are rounds of a repeat, which may alternate: with and without a shift, say."""
    return all(not isinstance(part, str) and part.kind == "round" for part in parts)


def _alike(one: Node, other: Node) -> bool:
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


def _same_structure(one: Scope, other: Scope) -> bool:
    """Whether two scopes have the same blocks and structures inside, whatever their names."""
    for a, b in zip_longest(one.walk(), other.walk()):
        if a is None or b is None or (a.kind, a.level, len(a.children)) != (b.kind, b.level, len(b.children)):
            return False
        if a.kind in ("block", "sequence", "group") and a.label != b.label:
            return False
    return True

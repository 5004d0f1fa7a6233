"""The distinct blocks of a network: calls of one block that are alike but for numbers are one form."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from netspec.graph import Graph, Node, Scope, Value
from netspec.layers.base import Layer
from netspec.objects.immutable import immutable
from netspec.picture.branches import Branches
from netspec.picture.folding import Folding
from netspec.report.loops import call_in

JOINED = ("residual", "parallel")
"""Structures that are drawn as blocks are where they stand in none."""


@immutable
class Form:
    """Calls of a block that have the same layers, wired alike, with the same options but for numbers.

    Attributes:
        label: The block's name, or that of the structure.
        letter: What tells it from other forms of the block: ``a``; empty if there are none.
        calls: The scopes, in order of execution.
        starts: The numbers of their first nodes.
        length: The number of nodes of each.
    """

    label: str
    letter: str
    calls: tuple[Scope, ...]
    starts: tuple[int, ...]
    length: int

    @property
    def name(self) -> str:
        """``bottleneck a``."""
        return f"{self.label} {self.letter}".strip()

    @property
    def shifts(self) -> tuple[int, ...]:
        """The distances of all calls from the first."""
        return tuple([start - self.starts[0] for start in self.starts])

    def arguments_at(self, number: int) -> Mapping[str, Any]:
        """The arguments of the call that holds a node."""
        return self.calls[bisect_right(self.starts, number) - 1].arguments


class Forms:
    """The forms of a network's blocks.

    Args:
        graph: The network.
        folding: Its alike parts.
        others: Structures outside blocks, which are drawn as blocks are.
    """

    def __init__(self, graph: Graph, folding: Folding, others: Sequence[Scope]) -> None:
        self.folding = folding
        self._branches = Branches(graph, folding)
        self._names = {scope.path: scope.label for scope in graph.root.walk() if _is_call(scope) and not _again(scope)}
        self.used = _uses(graph, folding)
        self._calls: dict[tuple[int, int, str], Scope] = {}
        found: dict[Hashable, list[Scope]] = {}
        apart = {id(call_in(graph, scope)) for scope in others}
        for scope in graph.root.walk():
            if (_is_call(scope) and folding.span(scope)) or id(scope) in apart:
                found.setdefault((self.label(scope), self._form(scope)), []).append(scope)
                span = folding.span(scope)
                self._calls[span.start, len(span), self.label(scope)] = scope
        self.all = tuple(self._lettered(list(found.values())))
        self._of = {id(scope): form for form in self.all for scope in form.calls}

    def label(self, scope: Scope) -> str:
        """The name of the block that a scope calls; of a structure its own."""
        return self._names.get(scope.path, scope.label) if _is_call(scope) else scope.label

    def of(self, scope: Scope) -> Form:
        """The form of a call."""
        return self._of[id(scope)]

    def alike(self, scope: Scope, shift: int) -> Scope:
        """The call at a distance from another one of the same form, in another call of the block around both."""
        span = self.folding.span(scope)
        return self._calls[span.start + shift, len(span), self.label(scope)]

    def externals(self, span: range) -> list[Value]:
        """The distinct tensors that a call takes from outside, in the order in which it first takes each."""
        taken: dict[tuple[str, int], Value] = {}
        for number in span:
            for value in self.folding.nodes[number].inputs:
                if self.folding.place(value.key) < span.start:
                    taken.setdefault((value.key, value.index), value)
        return list(taken.values())

    def _lettered(self, groups: list[list[Scope]]) -> Iterator[Form]:
        labels = [self.label(group[0]) for group in groups]
        for place, (label, group) in enumerate(zip(labels, groups, strict=True)):
            spans = sorted([(self.folding.span(scope), scope) for scope in group], key=lambda each: each[0].start)
            letter = letters(labels[:place].count(label)) if labels.count(label) > 1 else ""
            starts = tuple([span.start for span, _ in spans])
            yield Form(label, letter, tuple([scope for _, scope in spans]), starts, len(spans[0][0]))

    def _form(self, scope: Scope) -> Hashable:
        span = self.folding.span(scope)
        outside = {(value.key, value.index): place for place, value in enumerate(self.externals(span))}
        nodes = [self.folding.nodes[number] for number in span]
        beside = all(node.training_only for node in nodes)  # as a whole: its calls elsewhere do the same
        firsts: dict[str, int] = {}  # a module that runs twice in it is another than two modules
        wired = tuple(
            [
                (
                    self._wired(node, span.start, outside),
                    firsts.setdefault(node.path, at),
                    node.training_only != beside,
                )
                for at, node in enumerate(nodes)
            ]
        )
        return self._structure(scope), wired

    def _structure(self, scope: Scope) -> Hashable:
        """The structures and blocks inside, with the numbers of alike rounds, whatever the names of modules."""
        inside = tuple(
            [
                (len(run), None if isinstance(run[0], str) else self._structure(run[0]))
                for run in self.folding.runs(scope)
            ]
        )
        beside = tuple(map(len, self._branches.groups(scope))) if scope.kind == "parallel" else ()
        return scope.kind, scope.level, self.label(scope) if _is_call(scope) else "", inside, beside

    def _wired(self, node: Node, start: int, outside: Mapping[tuple[str, int], int]) -> Hashable:
        places = []
        for value in node.inputs:
            place = outside.get((value.key, value.index))
            inside = (self.folding.place(value.key) - start, value.index)
            places.append(inside if place is None else (-1 - place, 0))
        activation = None if node.activation is None else _plain(node.activation)
        return _plain(node.layer), activation, tuple(places), len(node.outputs), node.frozen


def _uses(graph: Graph, folding: Folding) -> dict[tuple[str, int], int]:
    """For each tensor, the number of the last node that takes it.

    That of outputs of the network, and of what a step of a scan gives to the next, is the number of nodes.
    """
    found = {(value.key, value.index): number for number, node in enumerate(folding.nodes) for value in node.inputs}
    carried = [after for scan in graph.scans.values() for _, after in scan.carried]
    for value in (*graph.outputs.values(), *graph.side_outputs.values(), *carried):
        found[value.key, value.index] = len(folding.nodes)
    return found


def letters(number: int) -> str:
    """``a``, ``b``, ... ``z``, ``aa``, ..."""
    told = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        told = chr(ord("a") + digit) + told
    return told


def _is_call(scope: Scope) -> bool:
    return scope.kind == "block"


def _again(scope: Scope) -> bool:
    return scope.label == "reuse"


def _plain(layer: Layer) -> Hashable:
    """A layer without its numbers."""
    return type(layer), tuple([_shape_of(getattr(layer, name)) for name in type(layer).model_fields])


def _shape_of(value: Any) -> Hashable:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    if isinstance(value, (tuple, list)):
        return tuple(map(_shape_of, value))
    return repr(value)

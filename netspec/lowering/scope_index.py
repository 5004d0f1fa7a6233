"""An index of the scope tree: the place of each scope, references by name, and instances of classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec.frontend.document import Document
from netspec.graph import Graph, Node, Scope, Value
from netspec.shape import Shape


class ScopeIndex:
    """Facts about a graph that lowering reads often.

    Attributes:
        referenced: Values that some entry takes by name. used: Values that any entry takes.
        hints: Names of values in the spec.
        takers: For each node key, the scopes (by identity) that take a value of it by name.
        readers: For each value, the scopes that take it by name, each with the level around it that has it as an input.
        block_inputs: For each structure that is a level, the input shape of the block around it.
    """

    def __init__(self, document: Document, graph: Graph) -> None:
        self.document = document
        self.graph = graph
        self.referenced: set[Value] = set()
        self.used: set[Value] = set()
        self.hints: dict[Value, str] = {}
        self.takers: dict[str, list[int]] = {}
        self.readers: dict[Value, list[tuple[int, Scope | None]]] = {}
        self.block_inputs: dict[int, Shape] = {}
        self.groups: dict[Any, list[Scope]] = {}
        self.key_of: dict[int, Any] = {}
        self.insides: dict[int, frozenset[Any]] = {}
        self.parents: dict[int, Scope] = {}
        self.scope_of: dict[str, Scope] = {}
        self.crossing: dict[int, list[Value]] = {}
        self._walk()

    def instances(self, scope: Scope) -> list[Scope]:
        """All scopes of one signature that the same block, or the same structure of the text, made.

        The text of one class depends on the number of a tensor's axes and on the number of results that it unpacks.
        """
        return self.groups[self.key_of[id(scope)]]

    def _walk(self) -> None:
        """Record the place of each scope, references by name, and the instances of each class."""
        root = self.graph.root
        block_shape = next((i.shape for i in self.graph.inputs.values()), ())
        pending: list[tuple[Scope, Shape]] = [(root, block_shape)]
        taken: list[tuple[Value, Scope]] = []
        while pending:
            scope, shape = pending.pop()
            source = scope.source
            if source.taken is not None and source.inputs:
                taken.extend((value, scope) for value in source.inputs)
            if scope.kind == "block":
                if source.block.outputs is not None:
                    taken.extend((value, scope) for value in source.results)
                shape = source.inputs[0].shape
            if scope.level and scope.kind not in ("network", "repeat"):
                entry = source.entry
                made_by = source.block.name if scope.kind == "block" else entry.path
                key = (scope.kind, made_by, _ranks(source.inputs), _ranks(source.results))
                self.key_of[id(scope)] = key
                self.groups.setdefault(key, []).append(scope)
                if scope.kind != "block":
                    self.block_inputs[id(scope)] = shape
            self._hint(scope)
            self.scope_of.update((key, scope) for key in scope.children if isinstance(key, str))
            for child in reversed(scope.parts()):
                self.parents[id(child)] = scope
                if child.source.again:
                    self._walk_reuse(child, taken)
                elif child.kind != "absent":
                    pending.append((child, shape))
        for outputs in (self.graph.outputs, self.graph.side_outputs):
            for name, value in outputs.items():
                named = self.document.outputs is not None or self.document.detector is not None
                if named or outputs is self.graph.side_outputs:
                    taken.append((value, root))
                    self.hints.setdefault(value, name)
                self.used.add(value)
        for node in self.graph.nodes.values():
            self.used.update(node.inputs)
        self.referenced = {value for value, _ in taken}
        for value, consumer in taken:
            self.takers.setdefault(value.key, []).append(id(consumer))
            self.readers.setdefault(value, []).append((id(consumer), self._border(value, consumer)))
            self._cross(value, consumer)

    def _walk_reuse(self, scope: Scope, taken: list[tuple[Value, Scope]]) -> None:
        if scope.source.taken is not None and scope.source.inputs:
            taken.extend((value, scope) for value in scope.source.inputs)
        self.scope_of.update(dict.fromkeys(scope.node_keys(), scope))
        self._hint(scope)

    def _hint(self, scope: Scope) -> None:
        entry = scope.source.entry
        if entry is None or scope.kind == "round":
            return
        for name, value in zip(names_of(scope) or (entry.common.name,), scope.source.results or (), strict=False):
            if isinstance(name, str):
                self.hints.setdefault(value, name.rpartition(".")[2])

    def _cross(self, value: Value, consumer: Scope) -> None:
        """Note the levels whose border a value crosses between its producer and its consumer."""
        made = self._around(self.scope_of.get(value.key))
        used = self._around(consumer)
        inside, outside = {id(s) for s in used}, {id(s) for s in made}
        for scope in made:
            if id(scope) not in inside and value not in (scope.source.results or ()):
                self.crossing.setdefault(id(scope), []).append(value)
        for scope in used[1:] if consumer.source.inputs and value in consumer.source.inputs else used:
            if id(scope) not in outside and value not in (scope.source.inputs or ()):
                self.crossing.setdefault(id(scope), []).append(value)

    def _border(self, value: Value, consumer: Scope) -> Scope | None:
        """The level around a consumer that takes a value as its input: inside it, the value has a name of its own."""
        for scope in self._around(consumer)[1:]:
            if scope.level and scope.kind not in ("network", "repeat") and value in (scope.source.inputs or ()):
                return scope
        return None

    def _around(self, scope: Scope | None) -> list[Scope]:
        found = []
        while scope is not None:
            found.append(scope)
            scope = self.parents.get(id(scope))
        return found

    def crosses(self, scope: Scope) -> bool:
        """Whether a value crosses the border of a level other than as its input or result."""
        return id(scope) in self.crossing

    def inside(self, scope: Scope) -> frozenset[Any]:
        """The node keys, and the identities of scopes, in a scope."""
        known = self.insides.get(id(scope))
        if known is None:
            known = self.insides[id(scope)] = frozenset([*map(id, scope.walk()), *scope.node_keys()])
        return known

    def node(self, scope: Scope) -> Node:
        """The node of a `layer` scope."""
        return self.graph.nodes[scope.children[0]]  # type: ignore[index]

    def paths_inside(self, scope: Scope) -> set[str]:
        """Module paths of the layers in a scope; functions, which are no modules, have one too."""
        return {self.graph.nodes[key].path for key in self.inside(scope) if isinstance(key, str)}

    def takes_inside(self, scope: Scope, value: Value) -> bool:
        """Whether a value is taken by name inside a scope, or must be returned to the outside."""
        inside = self.inside(scope)
        return value in self.leaks(scope) or any(
            taker in inside and (border is None or border is scope or id(border) not in inside)
            for taker, border in self.readers.get(value, ())
        )

    def leaks(self, scope: Scope) -> tuple[Value, ...]:
        """Values that a level returns besides its results, because something outside takes them."""
        inside = self.inside(scope)
        crossing = dict.fromkeys(v for v in self.crossing.get(id(scope), ()) if v.key in inside)
        return tuple(v for v in crossing if v not in scope.source.results)


def names_of(scope: Scope) -> tuple[str, ...]:
    """The names that the entry of a scope gives to its results."""
    source = scope.source
    if source.to is not None or source.entry is None:
        return source.to or ()
    return tuple(name for name in source.entry.common.to or () if isinstance(name, str))


def _ranks(values: Iterable[Value] | None) -> tuple[int, ...]:
    """The number of axes of each tensor."""
    return tuple(len(value.shape) for value in values or ())

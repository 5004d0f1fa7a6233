"""A network as a tree of modules, which finds equal parts quickly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.differences.options import options_of
from netspec.graph import Graph, Scope


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A module with children, or a layer.

    Attributes:
        name: The name below its parent; the key of a layer that is called again ends in ``#2``.
        path: The whole path; for a layer its node's key.
        label: The block's name, the structure's, or the layer's name in YAML.
        keys: The nodes inside, in the order of the text.
        children: The parts directly inside; a layer has none.
        form: The identity of its text: parts of equal forms have the same layers with the same options under the same
            names, for any input.
        block: Whether it is a block's call.
        arguments: The arguments of that call.
        options: A layer's options and the rest of its entry.
    """

    name: str
    path: str
    label: str
    keys: tuple[str, ...] = field(repr=False)
    children: tuple[Part, ...] = field(repr=False)
    form: int
    block: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def automatic(self) -> bool:
        """Whether its name shows only its place: ``0``, ``relu2``."""
        return self.name.removeprefix(self.label).isdecimal() or "#" in self.name

    def walk(self) -> Iterator[Part]:
        """This part and all below it."""
        pending = [self]
        while pending:
            part = pending.pop()
            yield part
            pending.extend(reversed(part.children))


class Forms:
    """Numbers for forms: equal forms get the same number, in every tree that is built with it."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}

    def number(self, form: Any) -> int:
        """The number of a form, which is hashable and holds the numbers of the forms inside."""
        return self._known.setdefault(form, len(self._known))

    def tree(self, graph: Graph) -> Part:
        """The network as a part. Structures that are no modules of their own are left out, but not their contents."""
        return self._part(graph, graph.root, "")

    def _part(self, graph: Graph, scope: Scope, parent: str) -> Part:
        scope = scope.innermost()
        children = tuple(self._children(graph, scope))
        form = self.number((scope.label, tuple((child.name, child.form) for child in children)))
        source = scope.source if scope.kind == "block" else None
        given = {name: source.arguments[name] for name in source.block.params} if source and source.block else {}
        keys = tuple(key for child in children for key in child.keys)
        name = _below(parent, scope.path)
        return Part(name, scope.path, scope.label, keys, children, form, bool(source), given)

    def _children(self, graph: Graph, scope: Scope) -> Iterator[Part]:
        pending: list[Scope | str] = list(reversed(scope.children))
        while pending:
            child = pending.pop()
            if isinstance(child, str):
                node = graph.nodes[child]
                options = options_of(node)
                form = self.number((node.layer.op, repr(options)))
                yield Part(_below(scope.path, child), child, node.layer.op, (child,), (), form, options=options)
            elif child.level and any(True for _ in child.node_keys()):
                yield self._part(graph, child, scope.path)
            elif not child.level:
                pending.extend(reversed(child.children))


def _below(parent: str, path: str) -> str:
    return path.removeprefix(f"{parent}.") if parent else path

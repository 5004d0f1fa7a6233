"""A network as a tree of modules, which finds equal parts quickly, and the options of its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.graph import Graph, Node, Scope
from netspec.layers.base import Layer

PER_AXIS = ("kernel", "stride", "padding", "dilation")
"""Options for which one number stands for as many as there are axes."""


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


def options_of(node: Node) -> dict[str, Any]:
    """The layer's options, then the entry's others: activation, freezing, initialisation, shared weights."""
    found = _options(node.layer)
    if node.activation is not None:
        found["activation"] = _entry(node.activation)
    if node.frozen:
        found["freeze"] = True
    if node.training_only:
        found["only"] = "training"
    if node.initialisers:
        found["init"] = {
            name: {each.function: dict(each.arguments)} for name, each in sorted(node.initialisers.items())
        }
    if node.reuses:
        found["reuse"] = node.path
    if node.ties:
        found["tie"] = dict(sorted(node.ties.items()))
    return found


def unequal(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Different options by name, each with its two values; None where there is none."""
    names = [*before, *(name for name in after if name not in before)]
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] or type(pair[0]) is not type(pair[1])}


def _options(layer: Layer) -> dict[str, Any]:
    return {name: _one(name, getattr(layer, attribute)) for name, attribute in layer.option_fields().items()}


def _one(name: str, value: Any) -> Any:
    """``[3, 3]`` as ``3``, where that means the same."""
    if name in PER_AXIS and isinstance(value, tuple) and value and len(set(value)) == 1 and isinstance(value[0], int):
        return value[0]
    return value


def _entry(activation: Layer) -> Any:
    """An activation in a spec's notation: its name, with the options that are not its defaults."""
    defaults = {name: field.default for name, field in type(activation).model_fields.items()}
    attributes = activation.option_fields()
    given = {name: getattr(activation, attribute) for name, attribute in attributes.items()}
    own = {name: value for name, value in given.items() if value != defaults[attributes[name]]}
    return {activation.op: own} if own else activation.op

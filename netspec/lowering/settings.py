"""Settings of a network after its construction: initialisation, ties and freezing, in the fewest statements."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

from netspec.graph import Graph, Node
from netspec.program.building import Freeze, Initialise, Tie
from netspec.program.names import Identifier, ModulePath, Target


def settings(graph: Graph) -> list[Initialise | Tie | Freeze]:
    """The statements that follow the building of the network."""
    nodes = [node for node in graph.nodes.values() if not node.reuses and node.weights]
    made: list[Initialise | Tie | Freeze] = []
    kinds = dict.fromkeys((node.call.target, weight) for node in nodes for weight in node.initialisers if weight)
    for target, weight in kinds:
        same = [n for n in nodes if n.call.target == target and weight in n.weights]
        for path, exact, initialiser in _regions(same, lambda n: _frozen(n, weight)):  # noqa: B023
            if initialiser is not None:
                made.append(_initialise(path, None if exact else target, weight, initialiser))
    for node in nodes:
        if "" in node.initialisers:
            made.append(_initialise(node.path, None, "", _frozen(node, "")))
    first = {(each.path, each.type is None): n for n, each in reversed(list(enumerate(made)))}  # type: ignore[union-attr]
    made.sort(key=lambda each: first[each.path, each.type is None])  # type: ignore[union-attr]
    for node in nodes:
        made.extend(Tie(ModulePath(node.path), ModulePath(own), ModulePath(to)) for own, to in node.ties.items())
    learned = [n for n in nodes if any(not w.buffer for w in n.weights.values()) or "num_batches_tracked" in n.weights]
    norms = [n.path for n in learned if "num_batches_tracked" in n.weights]
    free = {n.path for n in learned if "" in n.weights}
    for path, _, frozen in _regions(learned, lambda n: n.frozen):
        if frozen:
            statistics = any(norm == path or norm.startswith(f"{path}.") or not path for norm in norms)
            made.append(Freeze(ModulePath(path), path in free, statistics))
    return made


def _initialise(path: str, type: str | None, weight: str, initialiser: Any) -> Initialise:
    function, arguments = initialiser
    named = tuple((Identifier(key), value) for key, value in arguments)
    target = None if type is None else Target(type)
    return Initialise(ModulePath(path), target, ModulePath(weight), Identifier(function), named)


def _frozen(node: Node, weight: str) -> tuple[str, tuple[tuple[str, Any], ...]] | None:
    initialiser = node.initialisers.get(weight)
    return None if initialiser is None else (initialiser.function, tuple(initialiser.arguments.items()))


def _regions(nodes: list[Node], of: Callable[[Node], Hashable]) -> Iterator[tuple[str, bool, Any]]:
    """The largest modules whose nodes all have one value: path, whether it is a node itself, value."""
    tree: dict[str, Any] = {}
    for node in nodes:
        here = tree
        for part in node.path.split("."):
            here = here.setdefault(part, {})
        here[""] = node
    pending: list[tuple[str, dict[str, Any]]] = [("", tree)]
    while pending:
        path, here = pending.pop()
        leaves = list(_leaves(here))
        found = {of(node) for node in leaves}
        if len(found) == 1:
            alone = len(leaves) == 1
            yield leaves[0].path if alone else path, alone, found.pop()
            continue
        children = [(f"{path}.{part}" if path else part, child) for part, child in here.items() if part]
        pending.extend(reversed(children))


def _leaves(tree: dict[str, Any]) -> Iterator[Node]:
    pending = [tree]
    while pending:
        here = pending.pop()
        for part, child in here.items():
            if part:
                pending.append(child)
            else:
                yield child

"""Parts of a network that are tied to one number of rounds, although the text of a loop covers each round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.expr import Expr
from netspec.expr.symbols import expr_of
from netspec.graph import Graph, Scope
from netspec.program.building import Freeze, Initialise, Tie


def tied_to_rounds(
    loops: Sequence[tuple[int, Scope]], graph: Graph, settings: Sequence[Freeze | Tie | Initialise]
) -> Iterator[Expr]:
    """The numbers of rounds that some part of the network is tied to.

    A setting may concern modules in single rounds, and an entry may take the result of a round by a name in it.

    Args:
        loops: Repeats whose numbers of rounds are symbols, each with its number.
        graph: The network; a repeat's result is a different object there than that of its last round.
        settings: The settings of the network after its construction.
    """
    for number, scope in loops:
        keys = set(scope.node_keys())
        paths = {graph.nodes[key].path for key in keys}
        outside = {node.path for key, node in graph.nodes.items() if key not in keys}
        own = scope.path if scope.level else None
        if any(_is_inside(setting.path, own, paths, outside) for setting in settings) or _is_taken(graph, keys):
            yield expr_of(number)


def _is_inside(path: str, own: str | None, paths: set[str], outside: set[str]) -> bool:
    """Whether a module, or all modules in it, belong to a repeat's rounds, without being the repeat itself."""

    def holds(other: str) -> bool:
        return not path or other == path or other.startswith(f"{path}.")

    return path != own and any(map(holds, paths)) and not any(map(holds, outside))


def _is_taken(graph: Graph, keys: set[str]) -> bool:
    """Whether something outside a repeat takes the result of a node in it, rather than that of the repeat."""
    made = {id(value) for key in keys for value in graph.nodes[key].outputs}
    taken = [value for key, node in graph.nodes.items() if key not in keys for value in node.inputs]
    return any(id(value) in made for value in (*taken, *graph.outputs.values(), *graph.side_outputs.values()))

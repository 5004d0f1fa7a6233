"""What of a network is tied to one number of rounds, though each round is as the text of a loop says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.expr import Expr
from netspec.expr.symbols import expr_of
from netspec.graph import Graph, Scope
from netspec.program.building import Freeze, Initialise, Tie


def tied_to_rounds(
    loops: Sequence[tuple[int, Scope]], graph: Graph, settings: Sequence[Freeze | Tie | Initialise]
) -> Iterator[Expr]:
    """The numbers of rounds that something is tied to.

    A setting may be of modules in single rounds, and what a round gives may be taken by a name in it.

    Args:
        loops: Repeats whose numbers of rounds are symbols, each with its number.
        graph: The network; what a repeat gives is another object there than what its last round does.
        settings: What is done to the network once it is built.
    """
    for number, scope in loops:
        keys = set(scope.node_keys())
        paths = {graph.nodes[key].path for key in keys}
        outside = {node.path for key, node in graph.nodes.items() if key not in keys}
        own = scope.path if scope.level else None
        if any(_is_inside(setting.path, own, paths, outside) for setting in settings) or _is_taken(graph, keys):
            yield expr_of(number)


def _is_inside(path: str, own: str | None, paths: set[str], outside: set[str]) -> bool:
    """Whether a module, or all that are in it, is of a repeat's rounds, but not the repeat's own."""

    def holds(other: str) -> bool:
        return not path or other == path or other.startswith(f"{path}.")

    return path != own and any(map(holds, paths)) and not any(map(holds, outside))


def _is_taken(graph: Graph, keys: set[str]) -> bool:
    """Whether something outside of a repeat takes what a node in it gives, and not what the repeat gives."""
    made = {id(value) for key in keys for value in graph.nodes[key].outputs}
    taken = [value for key, node in graph.nodes.items() if key not in keys for value in node.inputs]
    return any(id(value) in made for value in (*taken, *graph.outputs.values(), *graph.side_outputs.values()))

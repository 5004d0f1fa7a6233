"""The values inside a network while it runs, each taken at the edge of a live module, whose name is its path."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.graph import Graph
from netspec.look.opened import Opened

T = TypeVar("T")


class _Edges(Generic[T]):
    """Hooks on modules that take values of a graph's nodes as they pass."""

    def __init__(self, opened: Opened, take: Callable[[str, Tensor], T]) -> None:
        self.graph: Graph = opened.graph
        self.take = take
        self.taken: dict[str, T] = {}
        self.handles: list[Any] = []
        self.modules: Mapping[str, nn.Module] = dict(opened.module.named_modules())
        self.consumers: dict[str, tuple[str, int]] = {}
        for key, node in self.graph.nodes.items():
            if node.path in self.modules:
                for position, value in enumerate(node.inputs):
                    self.consumers.setdefault(value.key, (key, position))

    def edge(self, key: str) -> tuple[str, int | None] | None:
        """The call of a module and, of a value that goes in, its position; None where none has the value.

        A function has no module, and an activation within an entry is one: their values go into the next module.
        """
        node = self.graph.nodes[key]
        if node.path in self.modules and node.activation is None and len(node.outputs) == 1:
            return key, None
        return self.consumers.get(key)

    def watch(self, key: str) -> None:
        """Take the value of a node at each run."""
        edge = self.edge(key)
        if edge is None:
            raise NetspecError.of(
                Code.UNKNOWN_REFERENCE,
                f"`{key}` is computed within other calls: its values pass no module of the network",
                help="name the layer before it or behind it",
            )
        caller, position = edge
        path = self.graph.nodes[caller].path
        number = [each for each, node in self.graph.nodes.items() if node.path == path].index(caller)
        calls = [0]  # a module that is called again is told apart by its turn

        def passed(value: Any) -> None:
            if calls[0] == number and isinstance(value, Tensor):
                self.taken[key] = self.take(key, value)
            calls[0] += 1

        if position is None:
            self.handles.append(self.modules[path].register_forward_hook(lambda _, __, output: passed(output)))
        else:
            at = position
            self.handles.append(self.modules[path].register_forward_pre_hook(lambda _, args: passed(args[at])))


@contextmanager
def recorded(opened: Opened, keys: Collection[str], take: Callable[[str, Tensor], T]) -> Iterator[dict[str, T]]:
    """What `take` makes of the values of some nodes, by their keys, filled while the network runs once.

    Args:
        opened: The network; no hook is left on it.
        keys: Keys of its nodes.
        take: Is given a key and the value [N, ...], which a later module may change in place: it keeps a copy.

    Raises:
        NetspecError: NS0501: the values of one pass no module.
    """
    edges = _Edges(opened, take)
    try:
        for key in keys:
            edges.watch(key)
        yield edges.taken
    finally:
        for handle in edges.handles:
            handle.remove()


def recordable(opened: Opened) -> list[str]:
    """The keys of the nodes whose values pass a module, in execution order, without those of training alone."""
    edges = _Edges(opened, lambda key, value: None)
    return [key for key, node in opened.graph.nodes.items() if not node.training_only and edges.edge(key)]

"""The loop of a scan, as tables and pictures show it: one step of a block, between the ends of the loop."""

from __future__ import annotations

from netspec.graph import Graph, Scope
from netspec.objects.immutable import immutable


@immutable
class Loop:
    """A scan.

    Attributes:
        called: The call of the block that runs in each step.
        steps: The number of steps.
        axis: The axis along which it runs, counted without the batch.
        ends: The keys of the calls that join the results of all steps.
    """

    called: Scope
    steps: int
    axis: int
    ends: frozenset[str]

    @property
    def over(self) -> str:
        """``over axis 0``."""
        return f"over axis {self.axis}"


def ends_of_loops(graph: Graph) -> frozenset[str]:
    """The keys of the calls that join the results of all steps of the network's scans."""
    scopes = graph.root.walk() if graph.scans else ()
    loops = (loop_of(graph, scope) for scope in scopes)
    return frozenset(key for loop in loops if loop is not None for key in loop.ends)


def call_in(graph: Graph, scope: Scope) -> Scope:
    """The call that a part of a network is: of a scan, that of its block."""
    loop = loop_of(graph, scope)
    return scope if loop is None else loop.called


def loop_of(graph: Graph, scope: Scope) -> Loop | None:
    """The loop that a scope is; None for any other scope than a scan's."""
    if scope.kind != "scan":
        return None
    start, called, *ends = scope.parts()
    (key,) = start.node_keys()
    axis = graph.scans[key].axis
    steps = graph.nodes[key].input_shapes[0][axis]
    return Loop(called, steps, axis, frozenset(end for each in ends for end in each.node_keys()))

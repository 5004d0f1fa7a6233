"""The loop of a scan, as tables and pictures show it: one step of a block, between the ends of the loop."""

from __future__ import annotations

from netspec.graph import Graph, Scope
from netspec.objects.immutable import immutable

MOST_STATES = 3
"""The most states whose names stand beside a loop."""


@immutable
class Loop:
    """A scan.

    Attributes:
        called: The call of the block that runs in each step.
        steps: The number of steps.
        axis: The axis along which it runs, counted without the batch.
        states: What it carries from step to step, as the block calls it.
        ends: The keys of the calls that join the results of all steps.
    """

    called: Scope
    steps: int
    axis: int
    states: tuple[str, ...]
    ends: frozenset[str]

    @property
    def over(self) -> str:
        """``over axis 0``."""
        return f"over axis {self.axis}"

    @property
    def told(self) -> str:
        """``over axis 0, carries hidden, memory``; of many states the first."""
        names = ", ".join(self.states[:MOST_STATES]) + (", …" if len(self.states) > MOST_STATES else "")
        return f"{self.over}, carries {names}" if names else self.over


def ends_of_loops(graph: Graph) -> frozenset[str]:
    """The keys of the calls that join the results of all steps of the network's scans."""
    scopes = graph.root.walk() if graph.scans else ()
    loops = (loop_of(graph, scope) for scope in scopes)
    return frozenset(key for loop in loops if loop is not None for key in loop.ends)


def states_given(graph: Graph) -> dict[str, list[str]]:
    """The states that each call in a scan gives to the next step, by the call's key."""
    found: dict[str, list[str]] = {}
    for key, scan in graph.scans.items():
        for name, (_, after) in zip(scan.names, scan.carried, strict=True):
            if after.key == key or (after.key in graph.nodes and key in graph.nodes[after.key].scans):
                found.setdefault(after.key, []).append(name)
    return found


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
    scan = graph.scans[key]
    steps = graph.nodes[key].input_shapes[0][scan.axis]
    return Loop(called, steps, scan.axis, scan.names, frozenset(end for each in ends for end in each.node_keys()))

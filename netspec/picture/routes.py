"""The way of each edge through a scene: gaps between parts, lanes beside them. It has no coordinates.

A chain with n parts has n + 1 gaps, before, between and after them. An edge from a part to the next crosses the gap
between; any other edge leaves in the gap after its source, runs in a lane beside the chain, and comes back in the gap
before its target, or at the side of a box. Edges of one source share a lane. As neither gaps nor lanes hold a box, no
edge runs through one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netspec.objects.immutable import immutable
from netspec.picture.scene import Box, Chain, Edge, Fork, Part, Scene, parting, ways

Way = tuple[tuple[Part, int], ...]

Channel = tuple[int, int, int]
"""A line across a gap: its order in the gap, and what its edges have in common: a source, a target, or both."""


@dataclass(slots=True)
class Lane:
    """A line beside a chain, from one gap to another; its edges have one source."""

    first: int
    last: int


@dataclass(slots=True)
class ChainPlan:
    """The lines that a chain needs place for.

    Attributes:
        channels: For each gap, the lines that cross it.
        lanes: Lanes by the number of their source.
    """

    channels: list[set[Channel]]
    lanes: dict[int, Lane] = field(default_factory=dict)


@immutable
class Spine:
    """The line on which the flow enters and leaves a part."""

    part: Part


@immutable
class Beside:
    """The lane of a source beside a chain."""

    chain: Chain
    source: int


@immutable
class Across:
    """A piece of a route: a line across a gap of a chain, to where it goes on along the flow."""

    chain: Chain
    gap: int
    channel: Channel
    to: Spine | Beside


@immutable
class Route:
    """The pieces of an edge's route, from below its source; with `side`, it ends at a side of its target."""

    edge: Edge
    pieces: tuple[Across, ...]
    side: Beside | None


@immutable
class Plan:
    """All routes, and the lines of each chain by its identity.

    Attributes:
        sides: For each box that edges enter at its side, the sources of these edges in order.
    """

    routes: tuple[Route, ...]
    chains: dict[int, ChainPlan]
    sides: dict[int, list[int]]


def plan(scene: Scene) -> Plan:
    """Plan the routes of a scene's edges."""
    way = ways(scene.root)
    planner = _Planner()
    routes = tuple([planner.route(edge, way[edge.source], way[edge.target]) for edge in scene.edges])
    return Plan(routes, planner.chains, planner.sides)


def plans(scene: Scene) -> Iterator[Plan]:
    """The plan of each edge as if it were alone, in the order of the scene's edges."""
    way = ways(scene.root)
    for edge in scene.edges:
        planner = _Planner()
        yield Plan((planner.route(edge, way[edge.source], way[edge.target]),), planner.chains, planner.sides)


@immutable
class _Step:
    """A chain on the way to a box: the part inside it that holds the box, and that part's branch if it is a fork."""

    chain: Chain
    index: int
    branch: Chain | None

    @property
    def last(self) -> bool:
        """Whether the part is the chain's last."""
        return self.index + 1 == len(self.chain.parts)


class _Planner:
    def __init__(self) -> None:
        self.chains: dict[int, ChainPlan] = {}
        self.sides: dict[int, list[int]] = {}

    def route(self, edge: Edge, out: Way, into: Way) -> Route:
        shared = parting(out, into)
        outward, inward = _steps(out[shared:]), _steps(into[shared:])
        source, target = edge.source, edge.target
        pieces: list[Across] = []
        on_spine = True
        for step in reversed(outward[1:]):
            if not step.last:
                pieces.append(self._leave(step, source, len(step.chain.parts)))
                on_spine = False
            elif step.branch is not None:
                channel = (2, -1, target)
                pieces.append(self._across(step.chain, len(step.chain.parts), channel, Spine(step.chain)))
                on_spine = True
        here, there = outward[0], inward[0]
        on_spine = on_spine and here.branch is None
        goal = _goal(inward, 0, source)
        if there.index > here.index + 1:
            pieces.append(self._leave(here, source, there.index))
            return self._route(edge, pieces, inward, 0)
        if not on_spine or there.branch is not None or isinstance(goal, Beside):
            fans_out = on_spine and not isinstance(goal, Beside)
            joins = not on_spine and there.branch is None and isinstance(goal, Spine)
            channel = (0, source, -1) if fans_out else (2, -1, target) if joins else (1, source, target)
            pieces.append(self._across(here.chain, there.index, channel, goal))
        return self._route(edge, pieces, inward, None)

    def _route(self, edge: Edge, pieces: list[Across], inward: list[_Step], arrived: int | None) -> Route:
        """Finish a route at its target, from the lane of the step `arrived`, or from the first step's spine."""
        source, target = edge.source, edge.target
        for number, step in enumerate(inward):
            if number and step.index:
                self._lane(step.chain, source, 0, step.index)
                arrived = number
            if arrived == number:
                if isinstance(step.chain.parts[step.index], Box):
                    self.sides.setdefault(target, []).append(source)
                    return Route(edge, tuple(pieces), Beside(step.chain, source))
                pieces.append(self._across(step.chain, step.index, (2, source, target), _goal(inward, number, source)))
            elif number and step.branch is not None:
                pieces.append(self._across(step.chain, 0, (0, source, -1), _goal(inward, number, source)))
        return Route(edge, tuple(pieces), None)

    def _leave(self, step: _Step, source: int, last: int) -> Across:
        """Leave for a lane, which runs to the gap `last`."""
        self._lane(step.chain, source, step.index + 1, last)
        return self._across(step.chain, step.index + 1, (0, source, -1), Beside(step.chain, source))

    def _across(self, chain: Chain, gap: int, channel: Channel, to: Spine | Beside) -> Across:
        self._plan(chain).channels[gap].add(channel)
        return Across(chain, gap, channel, to)

    def _lane(self, chain: Chain, source: int, first: int, last: int) -> None:
        lane = self._plan(chain).lanes.setdefault(source, Lane(first, last))
        lane.first, lane.last = min(lane.first, first), max(lane.last, last)

    def _plan(self, chain: Chain) -> ChainPlan:
        found = self.chains.get(id(chain))
        if found is None:
            found = self.chains[id(chain)] = ChainPlan([set() for _ in range(len(chain.parts) + 1)])
        return found


def _goal(inward: list[_Step], number: int, source: int) -> Spine | Beside:
    """Where an edge goes on inside the part of a step: a lane of a chain in it, or a spine."""
    step = inward[number]
    part: Part = step.branch or step.chain.parts[step.index]
    for following in inward[number + 1 :]:
        if following.index:
            return Beside(following.chain, source)
        if following.branch is not None:
            break
    return Spine(part)


def _steps(way: Way) -> list[_Step]:
    """The chains of a way; a fork's main branch lies on its spine, so that it needs no line across."""
    steps = []
    for place, (part, index) in enumerate(way):
        if not isinstance(part, Chain):
            continue
        branch = None
        inner = way[place + 1] if place + 1 < len(way) else None
        if inner is not None and isinstance(inner[0], Fork) and inner[1] != inner[0].main:
            branch = inner[0].branches[inner[1]]
        steps.append(_Step(part, index, branch))
    return steps

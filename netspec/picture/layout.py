"""The places of a scene's boxes, frames and edges: parts are measured inside out, then placed outside in.

Everything is told along the flow (`main`) and across it (`cross`), for pictures that run down and to the right alike.
Each part has a spine, on which the flow enters and leaves it, and room on either side of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from netspec.picture.drawing import LABEL, Direction, Drawing, Label, Rect, box_size
from netspec.picture.font import text_width
from netspec.picture.routes import Across, Beside, ChainPlan, Plan, Route, Spine, plan
from netspec.picture.scene import Box, Chain, Fork, Frame, Part, Scene

GAP, CHANNEL, LANE = 18.0, 7.0, 12.0
"""The space between parts along the flow, between lines across it, and between lines beside a chain."""
LOW_GAP = 12.0
"""The space before a box of one line."""
BESIDE, INSET, HEADER, MARGIN = 22.0, 10.0, 18.0, 12.0
"""The space between branches, inside frames, for a frame's label, and around everything."""


@dataclass(slots=True)
class _Measured:
    """The room of a part: along the flow, and on either side of its spine.

    Attributes:
        gaps: Of a chain, the lengths of its gaps.
        lanes: Of a chain, the distance of each lane from the spine, by its source.
        entering: Sources of the lanes that come in at the chain's beginning.
        labels: Of a frame, its labels: the first from its edge, the second from its spine.
        main, cross: Its place: where it begins along the flow, and its spine across it.
    """

    part: Part
    length: float
    before: float
    after: float
    inside: list[_Measured] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    lanes: dict[int, float] = field(default_factory=dict)
    entering: list[int] = field(default_factory=list)
    labels: list[tuple[str, float]] = field(default_factory=list)
    main: float = 0.0
    cross: float = 0.0


def layout(scene: Scene, direction: Direction = "down") -> Drawing:
    """Give every part and every edge of a scene its place. Time is linear in their number."""
    return _Layout(scene, direction).drawing()


class _Layout:
    def __init__(self, scene: Scene, direction: Direction) -> None:
        self.scene, self.direction, self.down = scene, direction, direction == "down"
        self.plan: Plan = plan(scene)
        self.places: dict[int, _Measured] = {}
        self.by_box: dict[int, _Measured] = {}

    def drawing(self) -> Drawing:
        root = self._measure(self.scene.root)
        self._place(root, MARGIN, MARGIN + root.before)
        boxes = tuple([self._rect(self.by_box[box.number]) for box in self.scene.boxes])
        frames = tuple([self._frame(each) for each in _all(root) if isinstance(each.part, Frame)])
        lines = tuple([self._line(route) for route in self.plan.routes])
        main, cross = root.length + 2 * MARGIN, root.before + root.after + 2 * MARGIN
        width, height = (cross, main) if self.down else (main, cross)
        return Drawing(self.scene, self.direction, width, height, boxes, frames, lines)

    # -- measuring ---------------------------------------------------------------------------------

    def _measure(self, part: Part) -> _Measured:
        match part:
            case Box():
                made = self._measure_box(part)
            case Frame():
                made = self._measure_frame(part)
            case Fork():
                made = self._measure_fork(part)
            case _:
                made = self._measure_chain(part)
        self.places[id(part)] = made
        return made

    def _measure_box(self, box: Box) -> _Measured:
        width, height = box_size(box)
        made = (
            _Measured(box, height, width / 2, width / 2) if self.down else _Measured(box, width, height / 2, height / 2)
        )
        self.by_box[box.number] = made
        return made

    def _measure_frame(self, frame: Frame) -> _Measured:
        body = self._measure(frame.body)
        made = _Measured(frame, body.length + 2 * INSET, body.before + INSET, body.after + INSET, [body])
        left, right = frame.text
        if not (left or right):
            return made
        if not self.down:
            text = ": ".join(filter(None, (left, right)))
            made.labels = [(text, INSET / 2 + 2)]
            made.before += HEADER - INSET / 2
            made.length = max(made.length, text_width(text, LABEL) + 2 * INSET)
            return made
        made.length += HEADER - INSET / 2
        lines = _coming_in(body)
        wide = text_width(right, LABEL) + 6
        if left and wide + INSET < min((line for line in lines if line > 0), default=inf):
            made.after = max(made.after, wide + INSET)
            made.labels = [(left, INSET / 2 + 2), (right, 8.0)]
        else:
            left = ": ".join(filter(None, (left, right)))
            made.labels = [(left, INSET / 2 + 2)]
        made.before = max(made.before, text_width(left, LABEL) + INSET + 6 - min(lines))
        return made

    def _measure_fork(self, fork: Fork) -> _Measured:
        branches = [self._measure(branch) for branch in fork.branches]
        width = sum(each.before + each.after for each in branches) + BESIDE * (len(branches) - 1)
        before = width / 2 if fork.main is None else branches[fork.main].before
        if fork.main:
            before += sum(each.before + each.after + BESIDE for each in branches[: fork.main])
        return _Measured(fork, max(each.length for each in branches), before, width - before, branches)

    def _measure_chain(self, chain: Chain) -> _Measured:
        inside = [self._measure(part) for part in chain.parts]
        if self.down:
            alike = [each for each in inside if isinstance(each.part, Box)]
            half = max((each.before for each in alike), default=0.0)
            for each in alike:
                each.before = each.after = half
        told = self.plan.chains.get(id(chain)) or ChainPlan([set() for _ in range(len(inside) + 1)])
        gaps = [0.0, *(LOW_GAP if _low(each) else GAP for each in inside[1:]), 0.0]
        for index, channels in enumerate(told.channels):
            gaps[index] = max(gaps[index], CHANNEL * (len(channels) + 1) if channels else 0.0)
        made = _Measured(
            chain,
            sum(gaps) + sum(each.length for each in inside),
            max((each.before for each in inside), default=0.0),
            max((each.after for each in inside), default=0.0),
            inside,
            gaps,
        )
        reach = [each.after for each in inside]
        for source, lane in sorted(told.lanes.items(), key=lambda item: (item[1].last - item[1].first, item[0])):
            last = min(lane.last, len(inside) - 1)  # the box that it enters from the side lies beside it, too
            spanned = range(lane.first, last + 1)
            beside = max((reach[index] for index in spanned), default=0.0) + LANE
            made.lanes[source] = beside
            if lane.first == 0:
                made.entering.append(source)
            for index in spanned:
                reach[index] = beside
        made.after = max([made.after, *(lane + LANE / 2 for lane in made.lanes.values())])
        return made

    # -- placing -----------------------------------------------------------------------------------

    def _place(self, this: _Measured, main: float, cross: float) -> None:
        this.main, this.cross = main, cross
        match this.part:
            case Frame():
                spare = this.length - this.inside[0].length - 2 * INSET
                header = spare if self.down else spare / 2
                self._place(this.inside[0], main + INSET + header, cross)
            case Fork():
                edge = cross - this.before
                for branch in this.inside:
                    self._place(branch, main, edge + branch.before)
                    edge += branch.before + branch.after + BESIDE
            case Chain():
                for gap, each in zip(this.gaps, this.inside, strict=False):
                    main += gap
                    self._place(each, main, cross)
                    main += each.length

    def _rect(self, this: _Measured) -> Rect:
        across = this.before + this.after
        if self.down:
            return Rect(this.cross - this.before, this.main, across, this.length)
        return Rect(this.main, this.cross - this.before, this.length, across)

    def _frame(self, this: _Measured) -> tuple[Frame, Rect, tuple[Label, ...]]:
        assert isinstance(this.part, Frame)
        rect = self._rect(this)
        starts = (rect.x, this.cross)
        labels = [(text, start + offset) for (text, offset), start in zip(this.labels, starts, strict=False)]
        return this.part, rect, tuple([(text, x, rect.y + LABEL + 3) for text, x in labels if text])

    # -- edges -------------------------------------------------------------------------------------

    def _line(self, route: Route) -> tuple[tuple[float, float], ...]:
        source, target = self.by_box[route.edge.source], self.by_box[route.edge.target]
        cross = source.cross
        points = [(source.main + source.length, cross)]
        for piece in route.pieces:
            main = self._main_of(piece)
            points.append((main, cross))
            cross = self._cross_of(piece.to)
            points.append((main, cross))
        if route.side is not None:
            entered = self.plan.sides[route.edge.target]
            main = target.main + target.length * (entered.index(route.edge.source) + 1) / (len(entered) + 1)
            points += [(main, self._cross_of(route.side)), (main, target.cross + target.after)]
        else:
            points.append((target.main, cross))
        line = _without_repeats(points)
        return tuple([(c, m) if self.down else (m, c) for m, c in line])

    def _cross_of(self, line: Spine | Beside) -> float:
        if isinstance(line, Spine):
            return self.places[id(line.part)].cross
        chain = self.places[id(line.chain)]
        return chain.cross + chain.lanes[line.source]

    def _main_of(self, piece: Across) -> float:
        chain = self.places[id(piece.chain)]
        channels = sorted(self.plan.chains[id(piece.chain)].channels[piece.gap])
        before = chain.inside[piece.gap - 1] if piece.gap else None
        start = before.main + before.length if before else chain.main
        return start + chain.gaps[piece.gap] * (channels.index(piece.channel) + 1) / (len(channels) + 1)


def _low(this: _Measured) -> bool:
    return isinstance(this.part, Box) and this.part.minor


def _coming_in(this: _Measured) -> list[float]:
    """The distances from a part's spine at which lines come in at its beginning: the spine's own, and lanes."""
    found, pending = [0.0], [(this, 0.0)]
    while pending:
        part, spine = pending.pop()
        found += [spine, *(spine + part.lanes[source] for source in part.entering)]
        if isinstance(part.part, Fork):
            edge = spine - part.before
            for branch in part.inside:
                pending.append((branch, edge + branch.before))
                edge += branch.before + branch.after + BESIDE
        elif part.inside:
            pending.append((part.inside[0], spine))
    return found


def _all(root: _Measured) -> Sequence[_Measured]:
    """A part and all parts in it, outer ones first."""
    found, pending = [], [root]
    while pending:
        this = pending.pop()
        found.append(this)
        pending.extend(reversed(this.inside))
    return found


def _without_repeats(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A line's corners, without those that lie on a straight piece."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if kept and abs(kept[-1][0] - point[0]) < 0.01 and abs(kept[-1][1] - point[1]) < 0.01:
            continue
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _straight(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return any(abs(a[axis] - b[axis]) < 0.01 and abs(b[axis] - c[axis]) < 0.01 for axis in (0, 1))
